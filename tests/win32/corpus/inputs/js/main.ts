import {a} from "./lib"; console.log(a(21));
