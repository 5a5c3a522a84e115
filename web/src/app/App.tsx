import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Button } from "../components/Button";
import { useAfter } from "../components/hooks";
import { Mark } from "../components/Mark";
import { text } from "../core/text.en";
import { AuthProvider, useAuth } from "../features/auth/AuthContext";
import s from "./Shell.module.css";

const SignIn = lazy(async () => ({ default: (await import("../features/auth/SignIn")).SignIn }));
const Register = lazy(async () => ({ default: (await import("../features/auth/Register")).Register }));
const SignedIn = lazy(() => import("./SignedIn"));

export function App() {
  return (
    <div className={s.app}>
      <AuthProvider>
        <BrowserRouter>
          <Suspense fallback={<Starting />}><Doors /></Suspense>
        </BrowserRouter>
      </AuthProvider>
    </div>
  );
}

function Doors() {
  const { auth, retry } = useAuth();
  switch (auth.phase) {
    case "starting": return <Starting onRetry={auth.failing ? retry : undefined} />;
    case "in": return <SignedIn key={auth.user.user_id} user={auth.user} />;
    case "out": return (
      <Routes>
        <Route path="/register" element={<Register />} />
        <Route path="*" element={<SignIn ended={auth.ended} />} />
      </Routes>
    );
  }
}

const quiet = 500;

/** onRetry: the server cannot be reached. */
function Starting({ onRetry }: { onRetry?: (() => void) | undefined }) {
  const late = useAfter(quiet);
  return (
    <main className={s.wait}>
      <Mark />
      <p role="status">{onRetry ? text.fault.offline : late && text.door.starting}</p>
      {onRetry && <Button onClick={onRetry}>{text.door.retry}</Button>}
    </main>
  );
}
