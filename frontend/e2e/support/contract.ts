import { readFileSync } from "node:fs";
import { dereference, validate, type Schema } from "@cfworker/json-schema";
import { parse } from "yaml";

interface Answer {
  $ref?: string;
  content?: Record<string, { schema?: Schema }>;
}

interface Operation {
  operationId: string;
  responses: Record<string, Answer>;
}

interface Contract {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> };
}

const contract = parse(readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf8")) as Contract;

/** Addresses that name no parameter come first: `/services/popular` before `/services/{serviceId}`. */
const addresses = Object.entries(contract.paths)
  .map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
    parameters: path.split("{").length,
    operations,
  }))
  .toSorted((a, b) => a.parameters - b.parameters);

/** All schemas of the contract by how it names them: prepared once, as there are many answers. */
const lookup = dereference({ components: { schemas: contract.components.schemas } } as Schema);
for (const [name, schema] of Object.entries(contract.components.schemas)) {
  lookup[`#/components/schemas/${name}`] = schema;
}

/** Says where an answer of a portal is not one of the contract: a status, a kind of content or a body that it does not have. */
export function violation(
  method: string,
  address: string,
  status: number,
  mediaType: string,
  text: string,
): string | undefined {
  const { pathname } = new URL(address);
  const operation = addresses.find(
    ({ pattern, operations }) => pattern.test(pathname) && method in operations,
  )?.operations[method];
  if (operation === undefined)
    return pathname.startsWith("/api/v1/") ? `no operation ${method} ${pathname}` : undefined;
  const said = operation.responses[String(status)] ?? operation.responses["default"];
  const name = said?.$ref?.replace("#/components/responses/", "");
  const answer = name === undefined ? said : contract.components.responses[name];
  if (answer === undefined) return `${operation.operationId} has no answer ${status}`;
  if (text === "" && answer.content === undefined) return undefined;
  const schema = answer.content?.[mediaType]?.schema;
  if (schema === undefined) return `${operation.operationId} has no ${mediaType} at ${status}`;
  if (!mediaType.endsWith("json")) return undefined;
  const { valid, errors } = validate(JSON.parse(text), schema, "4", lookup, false); // OpenAPI 3.0 has the schemas of draft 4
  if (valid) return undefined;
  const last = errors.at(-1);
  return `${operation.operationId} ${status}: ${last?.instanceLocation ?? ""} ${last?.keyword ?? ""}: ${last?.error ?? ""}`;
}
