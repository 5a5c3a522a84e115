import { randomUUID } from "node:crypto";

export const password = "correct horse";

/** A person who uses the API, to prepare what a test begins with. */
export class Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  private readonly url: string;
  private readonly token: string;

  private constructor(url: string, token: string, user: { user_id: string; username: string; email: string }) {
    this.url = url;
    this.token = token;
    this.id = user.user_id;
    this.name = user.username;
    this.email = user.email;
  }

  /** Somebody with a name of their own. */
  static register(url: string, name: string): Promise<Person> {
    return Person.registerAs(url, `${name} ${randomUUID().slice(-6)}`);
  }

  static async registerAs(url: string, username: string, email = `${username.replace(" ", ".")}@example.org`): Promise<Person> {
    const answer = await call(url, "", "POST", "/users/auth/register", { email, password, username });
    const { access_token, user } = answer as { access_token: string; user: { user_id: string; username: string; email: string } };
    return new Person(url, access_token, user);
  }

  call(method: string, path: string, body?: object): Promise<unknown> {
    return call(this.url, this.token, method, path, body);
  }

  async dm(other: Person): Promise<string> {
    return ((await this.call("POST", "/chats/conversations/dm", { other_user_id: other.id })) as { conversation_id: string }).conversation_id;
  }

  async group(title: string, ...members: Person[]): Promise<string> {
    const group = await this.call("POST", "/chats/conversations/group", { title, member_ids: members.map((m) => m.id) });
    return (group as { conversation_id: string }).conversation_id;
  }

  async send(conversation: string, body: string): Promise<void> {
    await this.call("POST", `/messages/conversations/${conversation}/messages`, { client_msg_id: randomUUID(), body });
  }

  async history(conversation: string): Promise<string[]> {
    const page = (await this.call("GET", `/messages/conversations/${conversation}/messages?limit=200`)) as { messages: { preview: string }[] };
    return page.messages.map((m) => m.preview);
  }
}

async function call(url: string, token: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url}/api${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}
