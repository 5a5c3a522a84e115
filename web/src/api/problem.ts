import { isAxiosError } from "axios";
import type { FieldError, Problem } from "./types";

/** A request that was refused, or that got no answer (status 0). */
export class ApiError extends Error {
  readonly status: number;
  /** Stable; empty if the answer was not the API's. */
  readonly code: string;
  readonly fields: readonly FieldError[];
  /** How long the server asks to wait, in ms; 0 if it does not. */
  readonly retryAfter: number;

  constructor(status: number, problem: Partial<Problem>, retryAfter: number) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "";
    this.fields = problem.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

export function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  if (!isAxiosError(cause) || !cause.response) return new ApiError(0, { detail: String(cause) }, 0);
  const { status, headers } = cause.response;
  const data: unknown = cause.response.data;
  const seconds = Number((headers as Record<string, unknown>)["retry-after"]);
  return new ApiError(status, isProblem(data) ? data : {}, Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0);
}

const isProblem = (data: unknown): data is Problem => typeof data === "object" && data !== null && "code" in data;

/** Whether the same request may succeed later: no answer, an overloaded server, a part of it down. */
export const isTemporary = (e: ApiError): boolean => e.status === 0 || e.status >= 500 || e.status === 429 || e.status === 408;
