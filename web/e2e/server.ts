import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the tests talk to. */
export interface Server {
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `chat serve`; or takes the system at CHAT_URL, which is killed and run by POSTs to CHAT_CONTROL and has its own settings. */
export async function startServer(env: Record<string, string> = {}): Promise<Server> {
  const { CHAT_URL: url, CHAT_CONTROL: control } = process.env;
  if (!url) return OneProcess.start(env);
  const tell = async (what: string) => {
    const answer = await fetch(`${control}/${what}`, { method: "POST" });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
  };
  return { url, kill: () => tell("kill"), run: () => tell("run"), stop: async () => {} };
}

/** `chat serve` with data of its own. */
class OneProcess implements Server {
  readonly url: string;
  private readonly dir: string;
  private readonly env: Record<string, string>;
  private process: ChildProcess | null = null;

  private constructor(url: string, dir: string, env: Record<string, string>) {
    this.url = url;
    this.dir = dir;
    this.env = env;
  }

  static async start(env: Record<string, string>): Promise<OneProcess> {
    const server = new OneProcess(`http://127.0.0.1:${await freePort()}`, await mkdtemp(join(tmpdir(), "chat-e2e-")), env);
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
