import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `chat serve` with data of its own, which can be killed and started again. */
export class Server {
  readonly url: string;
  private readonly dir: string;
  private readonly env: Record<string, string>;
  private process: ChildProcess | null = null;

  private constructor(url: string, dir: string, env: Record<string, string>) {
    this.url = url;
    this.dir = dir;
    this.env = env;
  }

  static async start(env: Record<string, string> = {}): Promise<Server> {
    const server = new Server(`http://127.0.0.1:${await freePort()}`, await mkdtemp(join(tmpdir(), "chat-e2e-")), env);
    await server.run();
    return server;
  }

  async run(): Promise<void> {
    const env = {
      ...process.env, HTTP_ADDR: new URL(this.url).host, DATA_DIR: this.dir, RATE_LIMITS: "off", BCRYPT_COST: "4", LOG_LEVEL: "error", ...this.env,
    };
    this.process = spawn(process.env.CHAT_BIN ?? "artifacts/chat", ["serve"], { env, stdio: ["ignore", "ignore", "inherit"] });
    for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) {
      if (await fetch(`${this.url}/readyz`).then((r) => r.ok, () => false)) return;
    }
    throw new Error("the server did not start");
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process?.once("exit", resolve));
    this.process?.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
