import "./styles/index.css";
import { render } from "preact";
import { App } from "./pages/app.tsx";
import { locale, words } from "./i18n/index.ts";

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no #page");
document.documentElement.lang = locale;
document.documentElement.dir = words.direction;
render(<App />, page);
