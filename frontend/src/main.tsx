import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem, ConnectionProblem } from "./api/problem";
import { App } from "./app/App";
import { startI18n } from "./i18n";
import "./styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no root");

await startI18n();
createRoot(root, {
  // What a page shows in place of its content is no news for the console.
  onCaughtError(error) {
    if (!(error instanceof ApiProblem) && !(error instanceof ConnectionProblem)) reportError(error);
  },
}).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
