import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type UserName = Schemas["UserName"];
export type SignedIn = Schemas["SignedIn"];
export type SessionInfo = Schemas["Session"];
export type Conversation = Schemas["Conversation"];
export type Member = Schemas["Member"];
export type Role = Schemas["Role"];
export type Departure = Schemas["Departure"];
export type Invite = Schemas["Invite"];
export type InviteState = Schemas["InviteState"];
export type ApiMessage = Schemas["Message"];
export type MessagePage = Schemas["MessagePage"];
export type ReadState = Schemas["ReadState"];
export type Problem = Schemas["Problem"];
export type FieldError = Schemas["FieldError"];
