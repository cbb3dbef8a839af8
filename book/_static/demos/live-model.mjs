/** The live model: to come. */
export function mount(section) {
  section.dataset.mounted = "";
}
