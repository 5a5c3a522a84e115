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

/** What a request threw. Anything but a refusal counts as no answer. */
export const toApiError = (cause: unknown): ApiError => (cause instanceof ApiError ? cause : new ApiError(0, { detail: String(cause) }, 0));

/** The problem that a refusal tells; empty if the answer was not the API's. */
export function toProblem(body: string): Partial<Problem> {
  try {
    const data: unknown = JSON.parse(body);
    return typeof data === "object" && data !== null && "code" in data ? (data as Problem) : {};
  } catch {
    return {};
  }
}

/** Whether the same request may succeed later: no answer, an overloaded server, a part of it down. */
export const isTemporary = (e: ApiError): boolean => e.status === 0 || e.status >= 500 || e.status === 429 || e.status === 408;
