const x = {a:1,b:2 };let y=x.a;console.log( y )
