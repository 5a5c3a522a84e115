import { toApiError } from "./problem";
import { send, type Answer, type Request } from "./send";
import { refresh, token } from "./session";

const stale = new Set(["token_expired", "token_invalid"]);

/** Makes a request as the user who is signed in, once more with a fresh token if the first was too old. */
export async function request<T>(wanted: Request): Promise<Answer<T>> {
  const used = await token();
  try {
    return await send<T>({ ...wanted, token: used });
  } catch (cause) {
    const e = toApiError(cause);
    if (e.status !== 401 || !stale.has(e.code)) throw e;
    const fresh = await refresh(used);
    if (!fresh) throw e;
    return await send<T>({ ...wanted, token: fresh.token });
  }
}

export const get = async <T>(url: string, params?: Request["params"], signal?: AbortSignal): Promise<T> =>
  (await request<T>({ method: "GET", url, params, signal })).data;

export const post = async <T>(url: string, data: object = {}): Promise<T> => (await request<T>({ method: "POST", url, data })).data;
