import axios, { type AxiosRequestConfig, type AxiosResponse } from "axios";
import { toApiError } from "./problem";
import { refresh, token } from "./session";

const http = axios.create({ timeout: 10_000 });
const stale = new Set(["token_expired", "token_invalid"]);

/** Makes a request as the user who is signed in, once more with a fresh token if the first was too old. */
export async function request<T>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const used = await token();
  try {
    return await once<T>(config, used);
  } catch (cause) {
    const e = toApiError(cause);
    if (e.status !== 401 || !stale.has(e.code)) throw e;
    const fresh = await refresh(used);
    if (!fresh) throw e;
    try {
      return await once<T>(config, fresh.token);
    } catch (again) {
      throw toApiError(again);
    }
  }
}

const once = <T>(config: AxiosRequestConfig, bearer: string) =>
  http.request<T>({ ...config, headers: { Authorization: `Bearer ${bearer}` } });

export const get = async <T>(url: string, params?: object, signal?: AbortSignal): Promise<T> =>
  (await request<T>({ method: "GET", url, params, ...(signal && { signal }) })).data;

export const post = async <T>(url: string, data: object = {}): Promise<T> => (await request<T>({ method: "POST", url, data })).data;
