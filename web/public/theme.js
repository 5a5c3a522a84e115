// Before the first paint: the theme chosen in the settings. A file of its own, because the page's policy forbids inline scripts.
try {
  const theme = localStorage.getItem("chat.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme counts.
}
