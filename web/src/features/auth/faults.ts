import { toApiError } from "../../api/problem";
import { text } from "../../core/text.en";

/** What went wrong, in words; what a form knows better is said by the form. */
export function faultText(cause: unknown): string {
  const e = toApiError(cause);
  if (e.status === 0) return text.fault.offline;
  if (e.status === 429) return text.fault.busy(Math.max(1, Math.ceil(e.retryAfter / 1000)));
  if (e.status >= 500) return text.fault.server;
  if (e.code === "admin_only") return text.fault.adminOnly;
  if (e.code === "last_admin") return text.fault.lastAdmin;
  if (e.status === 404) return text.fault.gone;
  return text.fault.unknown;
}
