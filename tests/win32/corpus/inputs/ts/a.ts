interface P{x:number} const p:P={x:1}; export function f(a:string):number{return a.length+p.x} console.log(f("abc"));
