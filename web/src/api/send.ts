import { ApiError, toProblem } from "./problem";

export interface Request {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  url: string;
  /** The query; what is undefined is left out. */
  params?: Record<string, string | number | boolean | undefined> | undefined;
  data?: object | undefined;
  token?: string;
  signal?: AbortSignal | undefined;
}

export interface Answer<T> {
  readonly data: T;
  readonly headers: Headers;
}

/** For the whole of an answer, in ms. */
const patience = 10_000;

/** Makes one request. It throws an ApiError for whatever is not a success of the API. */
export async function send<T>({ method, url, params, data, token, signal }: Request): Promise<Answer<T>> {
  const query = new URLSearchParams(Object.entries(params ?? {}).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]]))).toString();
  const stop = AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])]);
  try {
    const answer = await fetch(query ? `${url}?${query}` : url, {
      method, signal: stop,
      headers: { Accept: "application/json", ...(data && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) },
      ...(data && { body: JSON.stringify(data) }),
    });
    const body = await answer.text();
    if (!answer.ok) throw new ApiError(answer.status, toProblem(body), retryAfter(answer.headers));
    return { data: (body === "" ? undefined : JSON.parse(body)) as T, headers: answer.headers };
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(0, { detail: String(cause) }, 0); // no answer, or somebody else's, as where one signs in to a network
  }
}

function retryAfter(headers: Headers): number {
  const seconds = Number(headers.get("Retry-After"));
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0;
}
