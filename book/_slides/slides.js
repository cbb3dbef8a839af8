/* Starts the deck. S opens the speaker view, D turns the colors dark and back, ? lists all keys. */
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  display: "flex",
  controls: false,
  hash: true,
  slideNumber: "c",
  transition: "none",
  plugins: [RevealNotes],
});
Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light colors" }, () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
});
