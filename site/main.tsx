import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/count.css";
import "./styles/list.css";
import "./styles/notes.css";
import "./styles/empty.css";
import "./styles/drop.css";
import "./styles/share.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { direction, locale } from "./words/index.ts";

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no #page");
document.documentElement.lang = locale;
document.documentElement.dir = direction;
render(<App />, page);
