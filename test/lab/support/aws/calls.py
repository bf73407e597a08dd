"""Makes the calls of AWS that come in on stdin, one JSON object a line, by boto3; answers each with one line.

In: {"service", "operation", "params"}. Out: {"answer"} or {"error"}. Endpoint, region and credentials are those of the
environment.
"""

import json
import sys

import boto3

clients = {}

for line in sys.stdin:
    request = json.loads(line)
    service = request["service"]
    try:
        if service not in clients:
            clients[service] = boto3.client(service)
        answer = {"answer": getattr(clients[service], request["operation"])(**request["params"])}
    except Exception as error:
        answer = {"error": f"{request['operation']}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
