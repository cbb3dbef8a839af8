// Starts each demo of the page when the reader comes near it. Until then, and if it fails, its text stays.
const root = new URL(document.documentElement.dataset.content_root ?? "./", document.baseURI);

async function start(section) {
  try {
    const { mount } = await import(new URL(`_static/demos/${section.dataset.demo}.mjs`, root));
    await mount(section);
  } catch (error) {
    say(section, `This demo could not start: ${error.message}`);
  }
}

function say(section, text) {
  const note = document.createElement("p");
  note.className = "demo-note";
  note.textContent = text;
  section.append(note);
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      start(target);
    }
  },
  { rootMargin: "400px" },
);

for (const section of document.querySelectorAll("section.demo")) {
  if (location.protocol === "file:") {
    say(
      section,
      "Browsers don't run this from a file. In the book's folder, type “python -m http.server”, and " +
        "open http://localhost:8000 in your browser.",
    );
  } else {
    near.observe(section);
  }
}
