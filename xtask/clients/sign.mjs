// Requests that aws4fetch signs, in the header and in the query. `credentials` come on the standard input.

import { readFileSync } from "node:fs";
import { AwsClient } from "aws4fetch";

const { api, credentials } = JSON.parse(readFileSync(0, "utf8"));
const client = new AwsClient({ ...credentials, service: "execute-api", region: "local", retries: 0 });

async function ask(what, path, options) {
  const answer = await client.fetch(api + path, options);
  if (answer.status !== 200) {
    throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  }
}

await ask("header", "/v1/me");
await ask("query with escapes", "/v1/products?q=caf%C3%A9%20au%2Blait&limit=1");
await ask("body", "/v1/me", {
  method: "PATCH",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ name: "Roses" }),
});
await ask("presigned", "/v1/me", { aws: { signQuery: true } });
