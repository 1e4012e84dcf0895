// Chooses the first paint: the list for who was here before, an invite for who follows one, else the
// welcome. It knows no more than that there was an identity at the last visit (see src/browser.rs).
let known = null;
try {
  known = localStorage.getItem("volly-known");
} catch {
  // No storage: the app says so when it starts.
}
const invited = /^#[^/]/.test(location.hash);
document.documentElement.dataset.boot = known ? "list" : invited ? "invite" : "welcome";
// Who starts before the program is there has started: the app finds the mark and goes on.
document.addEventListener("submit", (event) => {
  if (!event.target.closest(".boot")) return;
  event.preventDefault();
  document.documentElement.dataset.earlySubmit = "";
  event.submitter?.setAttribute("aria-disabled", "true");
});
