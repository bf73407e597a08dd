import { z } from 'zod';
import { predicateSchema, predicateType } from './form';

/** The text of docs/evidence.schema.json as it must be now. */
export function evidenceSchemaText(): string {
  const schema = z.toJSONSchema(predicateSchema, { target: 'draft-2020-12' });
  const title = 'Evidence of credential rotations: the predicate of the in-toto statement';
  return `${JSON.stringify({ $id: predicateType, title, ...schema }, undefined, 2)}\n`;
}
