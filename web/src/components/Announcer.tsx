import { useEffect, useRef } from "react";

let speak: (words: string) => void = () => undefined;

/** Says something to a screen reader, in its turn. */
export const announce = (words: string): void => speak(words);

/** The one place that speaks. It is blanked first, so that equal words are spoken again. */
export function Announcer() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    speak = (words) => {
      const node = place.current;
      if (!node) return;
      node.textContent = "";
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => (node.textContent = words));
    };
    return () => {
      cancelAnimationFrame(frame);
      speak = () => undefined;
    };
  }, []);
  return <div ref={place} className="sr" aria-live="polite" />;
}
