# Lo que las páginas web dicen por sí mismas, en español. La forma es Fluent (projectfluent.org): un nombre, el signo igual, las palabras.
# Lo que está entre llaves con el signo del dólar se completa solo; cada una debe quedar en su frase.

# De esta lengua, en esta lengua.
language-name = Español

# En cada página.
skip = Ir al contenido
languages = Idiomas
newsletters = Boletines

# La portada y las listas de números.
latest = El último número:
all-issues = Todos los números de { $newsletter }
no-issue = Todavía no ha salido ningún número.
newer = Números más recientes
older = Números anteriores
pages = Páginas de esta lista

# Un número.
whole-issue = El número completo: { $title }
mail-view = Ver este número tal como se envió por correo

# La baja.
leave = Dejar { $newsletter }
leave-asks = ¿Dejar { $newsletter }?
leave-about = Basta con pulsar una vez y ya no le llegará ningún número.
left = Ha dejado { $newsletter }
left-about = Ya no le llegará ningún número, ni siquiera uno que se esté enviando ahora mismo.

# Lo que alguien recibe.
preferences = Lo que le enviamos
takes-none = No recibe ninguno de nuestros boletines.

# Cuando algo no se puede mostrar.
error-not-found = No se ha encontrado
error-not-found-about = No hay nada en esta dirección. Puede que un enlace de un correo se haya partido en dos.
error-method = No es posible aquí
error-method-about = Esta dirección no admite ese tipo de petición.
error-too-large = Demasiado grande
error-too-large-about = Lo enviado es más grande que cualquier cosa que tenga su lugar aquí.
error-too-slow = Demasiado lento
error-too-slow-about = La petición tardó demasiado y se abandonó. Compruebe si se hizo antes de enviarla de nuevo.
error-unavailable = No disponible
error-unavailable-about = Inténtelo de nuevo dentro de un minuto, por favor.
error-failed = Algo ha fallado
error-failed-about = Inténtelo de nuevo dentro de un minuto, por favor.
error-unclear = No se ha entendido
error-unclear-about = No se ha podido entender la petición.
