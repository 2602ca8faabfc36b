export const a=(x:number)=>x*2;
