// Calls tools of the vendor's MCP server, as an assistant does: the arguments are
// JSON texts of {name, arguments}; prints a JSON list of what they answer.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const server = new URL("node_modules/@rollbar/mcp-server/build/index.js", import.meta.url).pathname;
const client = new Client({ name: "oriel-e2e", version: "1" });
await client.connect(new StdioClientTransport({ command: process.execPath, args: [server], env: process.env }));
const answers = [];
for (const call of process.argv.slice(2)) {
  const { isError, content } = await client.callTool(JSON.parse(call));
  answers.push({ error: isError ?? false, text: content.map((c) => c.text ?? "").join("\n") });
}
await client.close();
console.log(JSON.stringify(answers));
