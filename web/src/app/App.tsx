import { lazy, Suspense } from "react";
import { BrowserRouter, Navigate, Route, Routes, useParams } from "react-router";
import { Blank } from "../components/Blank";
import { Button } from "../components/Button";
import { Mark } from "../components/Mark";
import { text } from "../core/text.en";
import { AuthProvider, useAuth } from "../features/auth/AuthContext";
import { Register } from "../features/auth/Register";
import { SignIn } from "../features/auth/SignIn";
import { Invites } from "../features/invites/Invites";
import { Chat } from "../features/timeline/Chat";
import { SocketProvider } from "../realtime/SocketContext";
import { Shell } from "./Shell";
import s from "./Shell.module.css";

const Settings = lazy(() => import("../features/settings/Settings"));

export function App() {
  return (
    <div className={s.app}>
      <AuthProvider>
        <BrowserRouter>
          <Doors />
        </BrowserRouter>
      </AuthProvider>
    </div>
  );
}

function Doors() {
  const { auth, retry } = useAuth();
  if (auth.phase === "starting") return <Starting failing={auth.failing} onRetry={retry} />;
  if (auth.phase === "out") {
    return (
      <Routes>
        <Route path="/register" element={<Register />} />
        <Route path="*" element={<SignIn ended={auth.ended} />} />
      </Routes>
    );
  }
  return (
    <SocketProvider key={auth.user.user_id} user={auth.user}>
      <Routes>
        <Route path="/" element={<Shell view="list"><Blank title={text.chat.pick}>{text.chat.pickText}</Blank></Shell>} />
        <Route path="/c/:id" element={<Shell view="main"><OpenChat /></Shell>} />
        <Route path="/invites" element={<Shell view="main"><Invites /></Shell>} />
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

function Starting({ failing, onRetry }: { failing: boolean; onRetry: () => void }) {
  return (
    <main className={s.wait}>
      <Mark />
      <p role="status">{failing ? text.fault.offline : text.door.starting}</p>
      {failing && <Button onClick={onRetry}>{text.door.retry}</Button>}
    </main>
  );
}
