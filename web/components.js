// Starts the components of govuk-frontend and of the ministry, where the build has them.
import { initAll } from "./govuk-frontend.min.js";
import { initAll as initAllOfJustice } from "./moj-frontend.min.js";

document.body.classList.add("govuk-frontend-supported");
initAll();
initAllOfJustice();
