import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, escapeIdentifier } from "pg";

/** The clusters of PostgreSQL in a data folder that run: how to connect to each. */
function clusters(data: string): { port: number; password: string }[] {
  return readdirSync(data, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".password"))
    .map((name) => join(data, name))
    .filter((file) => existsSync(join(file.replace(/\.password$/, ""), "postmaster.pid")))
    .map((file) => {
      const lines = readFileSync(join(file.replace(/\.password$/, ""), "postmaster.pid"), "utf8").split("\n");
      return { port: Number(lines[3]), password: readFileSync(file, "utf8").trim() };
    });
}

async function connected<T>(
  { port, password }: { port: number; password: string },
  database: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", password, database });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

interface Column {
  table: string;
  column: string;
  type: string;
}

/** Those columns of a database, as `table.column`, in which what matches a regular expression stands readable: text, JSON, or bytes of text. */
async function columnsWith(client: Client, pattern: string): Promise<string[]> {
  const { rows } = await client.query<Column>(
    `SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type FROM information_schema.columns c
     JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
       AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'ARRAY', 'tsvector', 'USER-DEFINED')`,
  );
  const found: string[] = [];
  for (const table of new Set(rows.map((row) => row.table))) {
    const columns = rows.filter((row) => row.table === table);
    const counts = columns.map(({ column, type }, i) => {
      const name = escapeIdentifier(column);
      const text = type === "bytea" ? `encode(${name}, 'escape')` : `${name}::text`;
      const matches = type === "tsvector" ? "~*" : "~"; // words are kept in small letters
      return `count(*) FILTER (WHERE ${text} ${matches} $1)::int AS c${i}`;
    });
    const result = await client.query<Record<string, number>>(
      `SELECT ${counts.join(", ")} FROM ${escapeIdentifier(table)}`,
      [pattern],
    );
    for (const [i, { column }] of columns.entries()) {
      if (result.rows[0]?.[`c${i}`]) found.push(`${table}.${column}`);
    }
  }
  return found;
}

/** Looks through every column of every database below a data folder, and gives those in which what matches stands readable. */
export async function readable(data: string, pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const cluster of clusters(data)) {
    const names = await connected(cluster, "postgres", async (client) => {
      const { rows } = await client.query<{ datname: string }>(
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
      );
      return rows.map(({ datname }) => datname);
    });
    for (const name of names) {
      const columns = await connected(cluster, name, (client) => columnsWith(client, pattern));
      for (const column of columns) found.add(column);
    }
  }
  return [...found].toSorted();
}
