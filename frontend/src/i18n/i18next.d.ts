import type account from "./de/account.json";
import type applications from "./de/applications.json";
import type cases from "./de/cases.json";
import type catalog from "./de/catalog.json";
import type common from "./de/common.json";
import type forms from "./de/forms.json";
import type mailbox from "./de/mailbox.json";
import type pages from "./de/pages.json";
import type signin from "./de/signin.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    returnNull: false;
    resources: {
      account: typeof account;
      applications: typeof applications;
      cases: typeof cases;
      catalog: typeof catalog;
      common: typeof common;
      forms: typeof forms;
      mailbox: typeof mailbox;
      pages: typeof pages;
      signin: typeof signin;
    };
  }
}
