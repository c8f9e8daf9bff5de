/** Somebody who can sign in at a portal of the demonstration. */
export interface Account {
  Email: string;
  Password: string;
  GivenName: string;
  FamilyName: string;
}

/** The portals of the demonstration: the county (account home), and two municipalities. */
export type PortalName = "landkreis" | "meppen" | "lathen";

/** Where the demonstration runs and who can sign in, as its `association.json` tells. */
export interface Association {
  portals: Record<PortalName, string>;
  provider: string;
  mail: string;
  /** The stand-ins for the national accounts. */
  bundId: string;
  muk: string;
  /** The stand-in for the payment service. */
  payment: string;
  accounts: Record<PortalName, Account[]>;
  providerPassword: string;
  /** The stand-in for the directories of public services, and the client that it knows. */
  finder: string;
  finderClient: string;
}

/** Names of the environment by which the set-up tells the tests where everything is. */
export const environment = {
  association: "E2E_ASSOCIATION",
  control: "E2E_CONTROL",
  directory: "E2E_DIRECTORY",
} as const;

function told(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: the set-up has not run`);
  return value;
}

/** Where the directory of the county's staff is. */
export const directory = (): string => told(environment.directory);

/** Says who is at the directory of the county, in which groups, and what they prove themselves by. */
export async function atDirectory(person: { id: string; amr: string[]; claims: object }): Promise<void> {
  const response = await fetch(`${directory()}/person`, {
    method: "POST",
    body: JSON.stringify(person),
  });
  if (!response.ok) throw new Error(`the directory answers ${response.status}`);
}

/** The association that the set-up has started. */
export const association = (): Association => JSON.parse(told(environment.association)) as Association;

/** Types a command into the demonstration, such as `stop landkreis`, and waits until it says that it was done. */
export async function command(line: string): Promise<string> {
  const response = await fetch(told(environment.control), { method: "POST", body: line });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${line}: ${answer}`);
  return answer;
}
