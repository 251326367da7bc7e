// Uses the service through the client that openapi-typescript and openapi-fetch make of its OpenAPI document.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const [baseUrl, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Api-Key ${key}` } });

const body: components["schemas"]["OpenTicketRequest"] = {
  full_name: "Ada Lovelace",
  email: "ada@example.com",
  issue_description: "My <b>printer</b> is on fire",
};
const opened = await client.POST("/api/v1/tickets", { body });
assert(opened.data && "contact_id" in opened.data); // this key may read, so it is no receipt
const ticket: components["schemas"]["Ticket"] = opened.data;
assert.equal(opened.response.status, 201);
assert.equal(ticket.issue_description, "My &lt;b&gt;printer&lt;/b&gt; is on fire");
assert.equal(ticket.contact.email, "ada@example.com");

const params = { path: { id: ticket.id } };
const listed = await client.GET("/api/v1/tickets");
assert.deepEqual(listed.data, [ticket]);
const found = await client.GET("/api/v1/tickets/{id}", { params });
assert.deepEqual(found.data, ticket);
const contact = await client.GET("/api/v1/contacts/{id}", { params: { path: { id: ticket.contact_id } } });
assert.deepEqual(contact.data, ticket.contact);

const resolved = await client.PATCH("/api/v1/tickets/{id}/resolve", { params });
const status: components["schemas"]["TicketStatus"] | undefined = resolved.data?.status;
assert.equal(status, "resolved");
assert(resolved.data?.resolved_at);
const reopened = await client.PATCH("/api/v1/tickets/{id}/reopen", { params });
assert.equal(reopened.data?.resolved_at, null);

const cursorOfNext = (response: Response): string | undefined => {
  const url = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  return url && (new URL(url).searchParams.get("cursor") ?? undefined);
};
for (let number = 2; number <= 5; number++) await client.POST("/api/v1/tickets", { body });
const pages: components["schemas"]["Ticket"][][] = [];
let cursor: string | undefined;
do {
  const page = await client.GET("/api/v1/tickets", { params: { query: { limit: 2, ordering: "-id", cursor } } });
  assert(page.data);
  pages.push(page.data);
  cursor = cursorOfNext(page.response);
} while (cursor);
assert.deepEqual(pages.map((page) => page.length), [2, 2, 1]);
assert.deepEqual(pages.flat().reverse(), (await client.GET("/api/v1/tickets")).data);

const missing = await client.GET("/api/v1/tickets/{id}", { params: { path: { id: 4711 } } });
assert.equal(missing.data, undefined);
assert.equal(missing.error?.detail, "Ticket not found");
const refused = await client.POST("/api/v1/tickets", { body: { ...body, email: "nobody" } });
assert.equal(refused.response.status, 400);
assert(refused.error && "email" in refused.error);
assert.match(String(refused.error.email), /@-sign/);
const stranger = createClient<paths>({ baseUrl });
assert.equal((await stranger.GET("/api/v1/tickets")).response.status, 401);

console.log("the TypeScript client works");
