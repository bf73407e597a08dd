// The part of the lab's kubelet that answers `kubectl exec`: the API server asks for a command in a pod, and it is run
// as a process of this machine beside the pod's own, in its folder and with its environment.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	constants "k8s.io/apimachinery/pkg/util/remotecommand"
	client "k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	"k8s.io/utils/exec"
)

var (
	address     = flag.String("address", "127.0.0.1:0", "where to listen")
	pods        = flag.String("pods", "", "the folder with a folder for each namespace, and one in it for each pod")
	certificate = flag.String("certificate", "", "shown to the API server")
	key         = flag.String("key", "", "of the certificate")
	authority   = flag.String("authority", "", "signed what the API server shows; nobody else is answered")
)

func main() {
	flag.Parse()
	text, err := os.ReadFile(*authority)
	if err != nil {
		log.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AppendCertsFromPEM(text)
	server := &http.Server{
		Addr:              *address,
		Handler:           http.HandlerFunc(serve),
		ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{
			ClientAuth: tls.RequireAndVerifyClientCert,
			ClientCAs:  known,
			MinVersion: tls.VersionTLS12,
		},
	}
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}

// The API server asks for /exec/NAMESPACE/POD/CONTAINER?command=…, as it asks a kubelet.
func serve(response http.ResponseWriter, request *http.Request) {
	names := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	if len(names) != 4 || names[0] != "exec" {
		http.NotFound(response, request)
		return
	}
	options, err := remotecommand.NewOptions(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	folder := filepath.Join(*pods, names[1], names[2])
	command := request.URL.Query()["command"]
	remotecommand.ServeExec(response, request, beside{folder}, names[2], "", names[3], command, options,
		time.Hour, 30*time.Second, constants.SupportedStreamingProtocols)
}

// beside runs commands beside the processes of the pod that has this folder.
type beside struct{ folder string }

func (pod beside) ExecInContainer(ctx context.Context, _ string, _ types.UID, _ string, command []string,
	in io.Reader, out, err io.WriteCloser, _ bool, _ <-chan client.TerminalSize, _ time.Duration) error {
	environment, failure := environmentOf(pod.folder)
	if failure != nil {
		return failure
	}
	child := osexec.CommandContext(ctx, command[0], command[1:]...)
	child.Dir, child.Env, child.Stdout, child.Stderr = pod.folder, environment, out, err
	input, failure := child.StdinPipe()
	if failure != nil {
		return failure
	}
	if failure = child.Start(); failure != nil {
		return failure
	}
	// The command may end before its input does.
	go func() {
		if in != nil {
			_, _ = io.Copy(input, in)
		}
		_ = input.Close()
	}()
	failure = child.Wait()
	var ended *osexec.ExitError
	if errors.As(failure, &ended) {
		return exec.CodeExitError{Err: ended, Code: ended.ExitCode()}
	}
	return failure
}

// The environment of the process that runs in a folder.
func environmentOf(folder string) ([]string, error) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != folder {
			continue
		}
		if text, err := os.ReadFile(filepath.Join(filepath.Dir(link), "environ")); err == nil {
			return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00"), nil
		}
	}
	return nil, fmt.Errorf("no container runs in %s", filepath.Base(folder))
}
