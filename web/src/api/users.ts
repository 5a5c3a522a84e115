import { get, post, request } from "./http";
import type { SessionInfo, User, UserName } from "./types";

export const searchUsers = (q: string, signal: AbortSignal) => get<UserName[]>("/api/users/search", { q }, signal);
/** The names of at most 100 people; those one never shared a conversation with are left out. */
export const listUsers = (ids: string[]) => get<UserName[]>("/api/users", { ids: ids.join(",") });
export const updateMe = async (username: string) => (await request<User>({ method: "PATCH", url: "/api/users/me", data: { username } })).data;
export const changePassword = async (oldPassword: string, newPassword: string) => {
  await post("/api/users/me/password", { old_password: oldPassword, new_password: newPassword });
};
export const listSessions = () => get<SessionInfo[]>("/api/users/me/sessions");
export const revokeSession = async (id: string) => {
  await request({ method: "DELETE", url: `/api/users/me/sessions/${encodeURIComponent(id)}` });
};
export const logoutAll = async () => {
  await post("/api/users/auth/logout-all");
};
