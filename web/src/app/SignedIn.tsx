import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useParams } from "react-router";
import type { User } from "../api/types";
import { Blank } from "../components/Blank";
import { text } from "../core/text.en";
import { Chat } from "../features/timeline/Chat";
import { SocketProvider } from "../realtime/SocketContext";
import { Shell } from "./Shell";

// What is not needed at once is loaded when it is.
const Invites = lazy(async () => ({ default: (await import("../features/invites/Invites")).Invites }));
const Settings = lazy(() => import("../features/settings/Settings"));

/** The app of a user; mount it with the user's id as key. */
export default function SignedIn({ user }: { user: User }) {
  return (
    <SocketProvider user={user}>
      <Routes>
        <Route path="/" element={<Shell view="list"><Blank title={text.chat.pick}>{text.chat.pickText}</Blank></Shell>} />
        <Route path="/c/:id" element={<Shell view="main"><OpenChat /></Shell>} />
        <Route path="/invites" element={<Shell view="main"><Suspense><Invites /></Suspense></Shell>} />
        <Route path="/settings/:section?" element={<Suspense><Settings /></Suspense>} />
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </SocketProvider>
  );
}

function OpenChat() {
  const { id = "" } = useParams();
  return <Chat key={id} id={id} />;
}
