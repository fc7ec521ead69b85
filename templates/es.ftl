# Lo que las páginas web dicen por sí mismas, en español. La forma es Fluent (projectfluent.org): un nombre, el signo igual, las palabras.
# Lo que está entre llaves con el signo del dólar se completa solo; cada una debe quedar en su frase.

# De esta lengua, en esta lengua.
language-name = Español

# En cada página.
skip = Ir al contenido
languages = Idiomas
newsletters = Boletines
several = { $before } y { $last }

# La portada y las listas de números.
front-about = Lo que publica { $alliance }: léalo aquí sin dar ningún dato suyo.
latest = El último número:
all-issues = Todos los números de { $newsletter }
no-issue = Todavía no ha salido ningún número.
newer = Números más recientes
older = Números anteriores
pages = Páginas de esta lista
search = Buscar
search-label = Buscar en estos números
search-end = Mostrar todos los números
found =
    { $count ->
        [0] Ningún número contiene las palabras «{ $sought }».
        [one] Un número contiene las palabras «{ $sought }».
       *[other] { $count } números contienen las palabras «{ $sought }».
    }
corrected = corregido después
feeds-about = Los números nuevos sin dar una dirección, en un lector de canales:
feed-atom = Canal Atom
feed-json = Canal JSON

# Un número.
whole-issue = El número completo: { $title }
mail-view = Ver este número tal como se envió por correo
corrections = Correcciones

# Qué se hace con los datos.
privacy = Qué hacemos con sus datos
privacy-about = { $host } escribe a quienes leen a { $alliance }. Esta página dice qué se guarda para ello y qué no.
privacy-kept = Lo que se guarda
privacy-kept-about = Su dirección de correo, los boletines que recibe y lo que además quiso decirnos, como un nombre o un estado. Junto a ello consta cuándo y cómo dio su acuerdo, y qué fue de cada ejemplar que se le envió.
privacy-seen = Lo que no se mira
privacy-seen-about = Nadie sabe si usted abre un correo o sigue un enlace. En nuestros correos no hay imágenes ocultas, y sus enlaces llevan directamente adonde dicen.
privacy-pages = Estas páginas
privacy-pages-about = No ponen cookies, no ejecutan programas en su navegador y no traen nada de terceros. Solo quienes entran como equipo o como socios tienen una cookie, que dice quiénes son hasta que salen, y un pequeño programa que guarda lo que escriben.
privacy-leave = Cómo darse de baja
privacy-leave-about = Cada número tiene un enlace que le da de baja de su lista con una sola pulsación, sin contraseña. Vale de inmediato y mientras conserve el correo.
privacy-erase = Cómo hacer que le olvidemos
privacy-erase-about = Cuando se borran sus datos, todo esto desaparece. Queda una huella de la que no se puede leer ninguna dirección, para que nadie vuelva a añadirle por error.
privacy-more = Más información
privacy-statement = La declaración de privacidad de { $host }

# La baja.
leave = Dejar { $newsletter }
leave-asks = ¿Dejar { $newsletter }?
leave-about = Basta con pulsar una vez y ya no le llegará ningún número.
left = Ha dejado { $newsletter }
left-about = Ya no le llegará ningún número, ni siquiera uno que se esté enviando ahora mismo.

# Lo que alguien recibe.
preferences = Lo que le enviamos
takes-none = No recibe ninguno de nuestros boletines.

# Suscribirse.
sign-up = Suscribirse
sign-up-to = Suscribirse a { $newsletter }
sign-up-about = Le escribiremos a la dirección que nos dé, y la suscripción empieza cuando pulse el botón que hay tras el enlace de ese correo.
sign-up-button = Enviarme el enlace
sign-up-consent = Al confirmar acepto que se envíe { $newsletters } a mi dirección hasta que lo deje, para lo que basta un clic en cualquier número.
sign-up-consent-chosen = Al confirmar acepto que los boletines que he elegido se envíen a mi dirección hasta que los deje, para lo que basta un clic en cualquier número.
sign-up-privacy = Solo hace falta la dirección. Guardamos lo que escriba aquí para enviarle lo que ha pedido, y no miramos lo que lee.
choose-one = Por favor, elija al menos un boletín.
asked = Mire su buzón
asked-about = Si se puede escribir a esta dirección, un correo con un enlace va de camino. No se le envía nada más antes de que confirme. Si en unos minutos no llega ningún correo, mire en el correo no deseado; dentro de una hora puede volver a pedirlo.
too-often = Demasiadas a la vez
too-often-about = Desde su red han llegado ahora mismo tantas suscripciones que durante unos minutos no aceptamos más. Por favor, vuelva entonces.

# Lo que preguntan los formularios.
field-email = Dirección de correo
field-name = Nombre (opcional)
field-organisation = Organización (opcional)
field-state = Estado, con dos letras como NM (opcional)
field-topics = Lo que más le importa (opcional)
field-language = Idioma de nuestros correos
field-trap = Deje esto vacío

# Tras el enlace que confirma.
confirm-asks = ¿Quiere recibir { $newsletters }?
confirm-about = Un clic, y el próximo número le llegará. Puede dejarlo cuando quiera con un enlace de cada número.
confirm-button = Sí, quiero recibir { $newsletters }
confirmed = Ya recibe { $newsletters }
confirmed-about = Gracias. Va de camino un correo con la manera de elegir y la manera de irse.
link-used = Este enlace ya se ha usado
link-used-about = Valía para una sola vez, y no hay nada más que hacer. Cada número lleva enlaces para elegir lo que recibe y para irse.
link-expired = Este enlace es demasiado antiguo
link-expired-about = Solo valía durante unos días. Por favor, vuelva a pedirlo; entretanto no se le ha enviado nada.

# Menos correo en vez de ninguno, por qué alguien se va, y el camino de vuelta.
less = ¿Demasiado?
less-about = Puede hacer una pausa o elegir lo que le importa, y quedarse.
field-pause = Pausar todos los boletines
no-pause = Sin pausa
pause-days = { $count ->
    [one] Durante un día
   *[other] Durante { $count } días
}
less-button = Quedarme y guardar esto
reason-asks = ¿Nos dice por qué? (opcional)
reason-too-many = Demasiados correos
reason-not-for-me = No es para mí
reason-never-asked = Nunca lo pedí
reason-other = Otra cosa
reason-words = Con sus propias palabras
reason-button = Enviar
reason-thanks = Gracias
reason-thanks-about = Nos ayuda. Ya no está en la lista y no hace falta nada más.
back = ¿Ha sido un error?
back-about = Podemos enviarle un correo con un enlace para volver. No se le envía nada más antes de que confirme.
back-button = Enviarme el enlace
saved = Sus deseos están guardados
saved-about = Valen desde ahora, también para un número que se esté enviando. Puede cambiarlos con los enlaces de cualquier número.
saved-and-asked = Sus deseos están guardados. Para { $newsletters } le hemos escrito; pulse el botón que hay tras el enlace de ese correo.
saved-not-asked = Sus deseos están guardados, pero ahora mismo preguntan tantas personas que no hemos podido escribirle para { $newsletters }. Guárdelos de nuevo más tarde.

# Preferencias.
field-until = Pausa hasta el final de este día (opcional)
save-button = Guardar
leave-at-once = Dejarlo ahora mismo
own-asks = Sus datos, su dirección, borrarlo todo
own-asks-about = Un correo se puede reenviar. Por eso, para esto enviamos un enlace a su propia dirección, que vale una hora.
own-asks-button = Enviarme el enlace por correo
own-mailed = Mire su buzón
own-mailed-about = Si se puede escribir a su dirección, va de camino un enlace a su propia página. Puede pedir uno por hora.

# La página propia de un lector.
own = Su propia página
own-address = Le escribimos a { $address }.
own-used-about = Valía para una sola vez, y no hay nada más que hacer. Puede pedir otro con los enlaces de cualquier número.
own-expired-about = Solo valía durante una hora, o ya no se puede usar. Por favor, pida otro con los enlaces de cualquier número.
download = Sus datos
download-about = Todo lo que sabemos de usted: lo que nos dijo, lo que recibe, y cada paso con las palabras que se le mostraron.
download-link = Descargar mis datos
move = Cambiar su dirección
move-about = Escribimos a la nueva dirección, y el cambio se hace cuando pulse el botón que hay tras el enlace de ese correo.
move-button = Escribir a la nueva dirección
move-unclear = No es una dirección a la que podamos escribir, o el enlace ya se ha usado. Por favor, mírelo otra vez.
move-asked-about = Si la nueva dirección se puede usar, un correo con un enlace va de camino hacia allí. Hasta que confirme, no cambia nada.
move-asks = ¿Le escribimos a { $address } desde ahora?
move-confirm-button = Sí, usar esta dirección
moved = Su dirección ha cambiado
moved-about = Desde ahora le escribimos aquí. Un último correo va a la dirección de antes, para decirlo.
field-new-email = Nueva dirección de correo
erase = Borrarlo todo
erase-about = Todo lo que sabemos de usted se borra, en el acto y para siempre. Solo queda un código hecho con su dirección, por el que sabemos que nunca más debemos escribirle, la traiga quien la traiga.
erase-sure = Quiero hacerlo
erase-unsure = No se ha borrado nada: por favor, marque que quiere hacerlo.
erase-button = Borrarlo todo
erased = Está borrado
erased-about = No queda nada más que el código por el que sabemos que nunca más debemos escribirle. Adiós.

# La carta y el compromiso con ella.
charter = Carta
charter-since = En vigor desde el
charter-old = Esta es una versión anterior.
charter-newest = Leer la carta que está en vigor
charter-vision = Visión
charter-mission = Misión
charter-principles = Principios
charter-affirmed = Quién la afirma
charter-organisations =
    { $count ->
        [one] una organización
       *[other] { $count } organizaciones
    }
charter-people =
    { $count ->
        [one] Una persona de { $organisations } afirma esta versión.
       *[other] { $count } personas de { $organisations } afirman esta versión.
    }
charter-nobody = Nadie ha afirmado aún esta versión.
charter-versions = Otras versiones
pledge = Comprométase con la carta
pledge-way = Afirmar esta carta
pledge-name = Nombre
pledge-title = Cargo
pledge-organisation = Organización
pledge-date = Fecha
pledge-listed = Nuestra organización puede nombrarse junto a la carta
pledge-no-consent = Eso la nombra como quien afirma la carta y nada más. No es un consentimiento para figurar bajo una posición política; para cada una preguntamos a su organización.
pledge-button = Enviarme el enlace para confirmar
pledge-mail = Enviamos un enlace a su dirección, para que nadie le comprometa sino usted. El compromiso vale cuando lo confirma allí, y recibe una copia.
pledge-asked = Si se puede escribir a esta dirección, un correo con un enlace va de camino. El compromiso vale cuando lo confirma allí. Si en unos minutos no llega ningún correo, mire en el correo no deseado.
pledge-too-often = Desde su red ha llegado tanto ahora mismo que durante unos minutos no aceptamos más. Por favor, vuelva entonces.
pledge-closed = Ahora mismo no se puede dar ningún compromiso
pledge-closed-about = La carta ha cambiado desde que abrió el formulario, o no podemos escribirle. Por favor, mire la carta otra vez.
pledge-faults = Falta algo. Mire los campos que lo dicen.
pledge-mend = Por favor, corrija esto:
pledge-fault-line = una línea de 120 caracteres como mucho
pledge-fault-date = un día desde que empezó la carta, y no uno por venir
pledge-fault-email = una dirección de correo
pledge-asks = ¿Es este su compromiso, { $name }?
pledge-give = Lo afirmo
pledged = Su compromiso queda en pie
pledged-about = Una copia con todas sus palabras va de camino. Gracias.
pledge-used-about = El compromiso está dado y no hay nada más que hacer. Tiene una copia en su correo.
pledge-expired-about = Solo valía durante unos días, o la carta ya no está. No se dio ningún compromiso; puede empezar de nuevo.
# Lo que se pregunta a una organización antes de nombrarla bajo una posición.
consent-asks = ¿Podemos nombrar a { $partner }?
consent-about = { $newsletter } quiere nombrar a { $partner } bajo esta posición. Su respuesta vale para exactamente estas palabras; si cambia una letra, se le pregunta de nuevo.
consent-who-reads = Quién la leerá
consent-for-everyone = Cualquiera: { $newsletter } es pública
consent-for-readers = Solo quienes reciben { $newsletter }
consent-charter = Carta
consent-principles = Principios
consent-name = Su nombre
consent-binds = Usted responde por { $partner }. A nadie se le dice quién dijo que no; sin un sí, una organización simplemente no se nombra.
consent-yes = Sí, nombrar a { $partner }
consent-no = No, no nombrar a { $partner }
consent-unclear = Aún no consta nada: escriba su nombre y pulse uno de los dos botones.
consent-done = Su respuesta consta
consent-done-about = Vale desde ahora. Hasta que salga el número puede dar otra: en el portal, o con el enlace del próximo correo que pregunte.
consent-used-about = Con él ya se respondió. Otra respuesta puede darse en el portal, o con el enlace del próximo correo que pregunte.
consent-expired-about = Ya no se pregunta, o usted ya no responde por esta organización. No se cambió nada.

# El directorio de los socios.
directory = Socios
directory-about = Las organizaciones de { $alliance }, en qué son buenas y dónde.
directory-map = Quién trabaja en qué estado
directory-find = Buscar nombres, temas y lo que los socios dicen de sí mismos
directory-expertise = Especialidad
directory-state = Estado
directory-level = Nivel
directory-network = Red
directory-any = Cualquiera
directory-found =
    { $count ->
        [0] Ningún socio es así.
        [one] Un socio
       *[other] { $count } socios
    }
directory-all = Mostrar todos los socios
level-national = Nacional
level-state = Estatal
level-local = Local
level-network = Red
partner-gone = Esta organización ya no es parte de la alianza. Lo que publicó se queda.
partner-sectors = Sectores
partner-links = Enlaces
partner-research = Investigación
partner-places = Dónde trabaja
partner-affiliates = Afiliadas
partner-features = Lo que ha escrito aquí
partner-no-feature = Todavía no ha salido nada.
partner-feeds = Nuevas historias completas en un lector de noticias:
partner-neighbours = Quién más trabaja en los mismos estados
link-site = Sitio
link-newsletter = Boletín
link-social = Redes sociales
link-feed = Canal de noticias
link-other = Más
role-runs = dirige escuelas o programas
role-supports = apoya escuelas
role-funds = financia
role-trains = forma
role-researches = investiga
map = Quién apoya escuelas y dónde
map-about = Cada casilla es un estado, con el número de socios que hay allí. La tabla de abajo los nombra.
map-picture = Un mapa de los estados en casillas, cada una con su número de socios; la tabla de abajo dice lo mismo
map-table = Socios por estado
map-state = Estado
map-partners = Socios
map-since = desde { $year }
map-json = Lo mismo para programas, como JSON

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

# Las salas del equipo y de los socios: sus puertas.
rooms = Salas
room-desk = La redacción
room-partner = Nuestra organización
sign-in-staff = Entrar en la redacción
sign-in-staff-about = Para quienes hacen los boletines. Recibirá un enlace por correo; no hay contraseña.
sign-in-partner = Entrar en nombre de su organización
sign-in-partner-about = Para las personas que un socio ha nombrado. Recibirá un enlace por correo; no hay contraseña.
sign-in-button = Enviarme el enlace
sign-in-cookie = Mientras esté dentro, su navegador guarda una cookie que dice que es usted. Desaparece al salir.
sign-in-asked = Mire su buzón
sign-in-asked-about = Si conocemos aquí esta dirección, un correo con su enlace va de camino. El enlace vale un cuarto de hora. Si no llega nada, pregunte a quien se ocupa de los datos de su organización.
enter = Está a punto de entrar
enter-about = Un clic y estará dentro. Hasta entonces el enlace no hace nada, y sirve una sola vez.
enter-button = Entrar
enter-again = Pida uno nuevo donde se entra.
signed-in-as = Dentro como { $who }, por { $house }.
sign-out = Salir
sign-out-everywhere = Salir en todos los dispositivos
your-roles = Su papel aquí: { $roles }.
role-editor = redacción
role-approver = aprobación
role-operator = operación
role-network-editor = redacción de una red
role-submitter = envía textos
role-consenter = responde por el nombre de la organización
error-forbidden = Esto no está abierto para usted
error-forbidden-about = O le toca a otra persona, o la página desde la que lo envió es demasiado antigua. No se ha hecho nada.
error-conflict = Alguien fue más rápido
error-conflict-about = Ha cambiado desde que lo miró, así que no se ha hecho nada. Vuelva, cargue la página otra vez y mire lo que hay ahora.

# Las salas del registro.
registry = Socios
registry-back = Todos los socios
registry-count =
    { $count ->
        [one] Un socio.
       *[other] { $count } socios.
    }
partner = Socio
standing = Situación
standing-prospect = candidato
standing-invited = invitado
standing-active = activo
standing-resting = en pausa
standing-gone = ya no está
standing-change = Cambiar su situación
standing-reason = Por qué, si queda en pausa o se va
make-active = activarlo
let-rest = dejarlo en pausa por ahora
let-go = dejarlo ir; se olvidan sus contactos
save = Guardar
networks = Redes
also-called = También llamado
features = Textos
contacts = Contactos
no-contacts = No tiene ninguno, así que nadie puede entrar en su nombre.
record = Cómo se llama y a qué pertenece
record-change = Cambiar su nombre, alcance, redes o puesto
record-name = Nombre
record-aliases = También llamado, un nombre por línea
record-names-about = Donde uno de estos nombres figure en una posición, antes se pregunta al socio.
seat = Puesto en el Comité Directivo
seat-since = Desde
seat-until = Último día, si lo tiene
contacts-rights = Quién entra en su nombre. A quien se le cambian las funciones o se da de baja se le cierra la sesión enseguida.
contact-add = Añadir un contacto
contact-name = Nombre
contact-roles = Qué puede hacer
contact-language = Idioma de los correos que recibe
contact-language-none = el del boletín
contact-remove = Dar de baja
invite = Invitarlo
invite-about = Su primer contacto que envía textos recibe un correo con un enlace, válido durante dos semanas, y dice que sí allí.
invite-button = Enviar la invitación
inquiries = Solicitudes
inquiries-count =
    { $count ->
        [0] Nadie espera respuesta.
        [one] Una organización pide unirse.
       *[other] { $count } organizaciones piden unirse.
    }
inquiry-take = Hacerla candidata
inquiry-drop = Descartarla para siempre
partner-id = Su identificador: letras minúsculas, cifras y guiones
not-done = No se ha hecho
not-done-about = Vuelva, cargue la página otra vez y mire lo que hay ahora.
kept-typed = Lo que escribió
kept-copy = No se aceptó, y no se guarda más que en esta página. Copie lo que todavía necesite.
kept-signed-out = Su sesión ha terminado, así que esto no se aceptó. Lo que escribió está abajo; no se guarda más que en esta página, así que déjela abierta.
kept-sign-in = Entrar de nuevo, en otra pestaña
kept-signed-out-then = Después vuelva a esta página y envíelo otra vez.
kept-old = Ha entrado de nuevo desde que se abrió este formulario, así que todavía no se aceptó. Lo que escribió está abajo: mírelo y envíelo otra vez.
kept-send = Enviarlo otra vez
kept-answer = Su respuesta
kept-no = no
kept-too-large = El formulario era más grande que los { $limit } kB que se aceptan, y no se guardó nada.
kept-back = Vuelva con el botón de su navegador: lo que escribió sigue allí. Acórtelo, o quite el archivo, y envíelo otra vez.
edit-beside = Lo que hay ahora, junto a lo que usted escribió
edit-beside-about = Lo que usted escribió de nuevo está marcado como añadido. Si lo envía otra vez, su texto ocupa el lugar de lo que hay ahora.
accept = { $alliance } les invita
accept-about = Como socio puede enviar textos sobre su trabajo. Su nombre figura bajo una posición solo después de su propio sí a exactamente ese texto.
accept-button = Sí, nos unimos

# Pedir unirse.
join = Unirse a la alianza
join-about = Cuéntenos quiénes son. Alguien lo lee y les escribe.
join-level = Hasta dónde llegan
level-national = todo el país
level-state = un estado
level-local = un lugar
level-network = una red de organizaciones
field-contact = Su nombre
join-message = Qué hacen y por qué quieren unirse
join-button = Enviar
join-privacy = Lo leen quienes se ocupan de los socios, y se guarda hasta que hayan respondido.
join-unclear = Por favor, indique su organización, su nombre y una dirección a la que podamos escribir; un estado tiene dos letras.
joined = Gracias
joined-about = Alguien leerá lo que ha escrito y le escribirá.

# Consentimientos en las salas.
asked-of-us = Lo que se nos pregunta
asked-of-us-about = Posiciones bajo las que nuestro nombre solo puede estar con nuestro sí a exactamente esas palabras. Lo que respondimos solo lo ven los nuestros.
asked-nothing = Ahora mismo no se pregunta nada.
asked-back = Todo lo que se nos pregunta
answered-not = aún sin responder
answered-yes = respondido con sí
answered-no = respondido con no
consents = Consentimientos
consents-about = Ninguna organización se nombra bajo una posición sin su sí expreso a exactamente ese texto. A nadie se le dice si alguien dijo que no.
consents-unreadable = No se sabe de quién necesita el sí, porque no se puede leer:
consents-none = Ningún número pendiente contiene una posición.
consents-asked = Preguntado el
consents-ask = Preguntar otra vez a quienes no tienen un sí registrado
consents-ask-one = Preguntar a { $partner }
consents-for = Qué se puede hacer por { $partner }
consents-by = Quién de la organización dijo que sí
consents-how = Cómo nos llegó
consents-on = Qué día lo dijo
consents-record = Anotar su sí
consents-why = Qué significa el nombre en realidad
consents-rule = No se refiere a esta organización
standing-yes = sí
standing-no-yes = sin sí registrado
standing-found = sin sí registrado; el texto la nombra: { $names }
standing-not-meant = { $names } aparece en el texto; no se refiere a ella

# La sala de la rotación.
rotation = Rotación
rotation-about = Va primero quien más tiempo ha esperado. Aquí se ve qué saldría, por qué, y a quién le toca escribir.
rotation-next = Qué saldría ahora
rotation-count = Cuántos textos
rotation-topics = Temas preferidos, si los hay
rotation-look = Mostrar
rotation-nothing = No espera ningún texto aprobado.
rotation-passed-over =
    { $count ->
        [one] Espera un texto
       *[other] Esperan { $count } textos
    }
rotation-due = A quién le toca
rotation-due-none = Cada socio activo tiene un texto en camino.
rotation-slot = Para { $newsletter } del { $day }: llega a tiempo lo que se reciba hasta el { $by }.
rotation-featured = Último texto publicado
rotation-never = nunca
rotation-months =
    { $count ->
        [0] este mes
        [one] hace un mes
       *[other] hace { $count } meses
    }
rotation-invited = Se le ha pedido un texto
rotation-not-yet = todavía no
rotation-asked = sí, para este número
rotation-nobody = no hay a quién escribir
rotation-invite = Pedir un texto a los elegidos
rotation-invite-about = Quienes envían textos en su nombre reciben un correo. A nadie se le pide dos veces para el mismo número.
rotation-fairness = Cómo se ha repartido
rotation-by-level = Por alcance
rotation-by-sector = Por sector
rotation-by-state = Por estado
rotation-group = Grupo
rotation-of-them = Publicados hasta ahora

# Las salas de los números.
issues = Números
issues-back = Todos los números
issues-waiting = En camino
issues-none = No hay nada en cola.
issues-done = Enviados o abandonados, primero el último
issue = Número
issue-due = Previsto
issue-queued = en cola, sin prueba
issue-proofed = espera la aprobación
issue-approved = aprobado
issue-holding = en sus últimos minutos antes de salir
issue-held = retenido
issue-sending = se está enviando
issue-paused = en pausa
issue-sent = enviado
issue-cancelled = cancelado
newsletter = Boletín
issue-readers = Lectores ahora
issue-queued-by = Puesto en cola por
approvals = Aprobaciones
approvals-count = { $have } de { $want }
positions = Posiciones
positions-open =
    { $count ->
        [0] consta cada sí
        [one] de 1 socio no consta ningún sí
       *[other] de { $count } socios no consta ningún sí
    }
positions-board = Al tablero de consentimientos
findings = Qué se encontró
findings-none = Nada: no hay ninguna queja.
proof = Prueba
proof-about = Prueba { $proof }, como la recibe alguien de quien no se sabe nada.
proof-frame = La prueba
proof-none = Todavía no hay prueba. Se hace algún tiempo antes de la fecha prevista, o en la línea de órdenes.
approve-about = Aprueba exactamente lo que ve. Cualquier cambio posterior hace otra prueba, y su sí no cuenta para ella.
approve-button = Aprobar la prueba { $proof }
approve-not = Si algo no está bien, déjelo y dígaselo a quien lo puso en cola: un archivo cambiado hace otra prueba.
approve-done = Su sí está anotado.
approve-cannot = Ahora no se puede aprobar
pause-about = Deténgalo por ahora: si se está enviando, no sale ninguna copia más; antes de eso, queda retenido hasta que alguien lo deje seguir.
pause-button = Detenerlo
resume-about = Déjelo seguir cuando haya mirado por qué está parado. Todas las reglas se comprueban de nuevo.
resume-button = Dejarlo seguir
correct-note = Lo que es correcto, en una o dos frases, para quienes leen su página
correct-button = Poner la corrección sobre su página
cancel = Abandonarlo
cancel-about = Es definitivo: las copias que no han salido no saldrán nunca, y sus piezas quedan libres para otros números.
cancel-sure = Lo digo en serio
cancel-button = Cancelar este número

# Los campos de un texto.
piece-partner = Socio
piece-kind = Qué es
piece-title = Título
piece-summary = Resumen
piece-brief = Texto breve, para el correo
piece-story = Texto completo, para la web
piece-changed = Qué cambió
piece-for-whom = Para quién
piece-evidence = Cómo se sabe
piece-link-url = Adónde lleva el enlace
piece-link-text = Palabras del enlace
piece-expertise = Especialidades
piece-places = Estados
piece-community = Comunidades
piece-principles = Principios
piece-names = Otros socios que aparecen
piece-position = Toma una posición
piece-asks-officials = Pide que se acuda a las autoridades
piece-event-starts = El acto empieza
piece-event-ends = El acto termina
piece-event-zone = Su zona horaria
piece-event-place = Dónde se celebra
piece-event-cost = Cuánto cuesta
piece-event-register-by = Inscripción hasta
piece-event-access = Accesibilidad
piece-image-file = Imagen
piece-image-description = Descripción de la imagen
piece-image-credit = Autoría de la imagen
piece-image-rights = Derecho sobre la imagen
piece-image-licence = Licencia de la imagen
piece-image-people = Se reconoce a personas
piece-image-minors = Hay menores de 18 años
piece-release-held-by = Quién guarda su permiso
piece-release-until = El permiso termina
piece-quote-words = Cita
piece-quote-speaker = Quién lo dijo
piece-quote-title = Su cargo
piece-quote-approved-on = Dio su acuerdo el
piece-contact-readers = Contacto para lectores
piece-contact-private = Contacto para nuestras preguntas
piece-reprint-allowed = Otros pueden reproducirlo
piece-reprint-credit = Autoría al reproducirlo
piece-useful-from = No antes del
piece-useful-until = Útil hasta el
piece-rollover = Puede salir en un número posterior
piece-edits = Cuando la redacción cambia algo
piece-authorised-by = Quién responde por él

# La revisión: la lista del equipo, un texto ante el equipo y ante su socio.
review = Revisión
review-back = Todos los textos
review-count =
    { $count ->
        [0] No hay nada.
        [one] Un texto.
       *[other] { $count } textos.
    }
review-state = En qué punto está
review-waiting = espera la palabra de alguien
review-all = todos
review-any-partner = cualquier socio
review-words = Palabras del título o del socio
review-show = Mostrar
review-piece = Texto
review-came = Llegó el
review-length =
    { $count ->
        [one] una palabra
       *[other] { $count } palabras
    }
review-earlier = Anteriores
review-later = Posteriores
state-submitted = enviado
state-in-review = en revisión
state-edited = cambiado por el equipo, espera la palabra del socio
state-approved = puede salir
state-placed = figura en una prueba
state-published = publicado
state-declined = rechazado
state-withdrawn = retirado
note-submitted = enviado
note-review-began = tomado en revisión
note-edited = cambiado por el equipo
note-commented = dicho
note-approved = aprobado
note-agreed = el socio está de acuerdo
note-objected = el socio prefiere su propio texto
note-placed = colocado en una prueba
note-taken-out = sacado de una prueba
note-put-off = aplazado a un número posterior
note-published = publicado
note-declined = rechazado
note-withdrawn = retirado
note-staff-only = (solo el equipo)
piece-back = Todo lo nuestro
piece-waits = No sale antes del { $day }.
piece-came = Enviado el { $day } por { $who }.
review-changed = Qué se cambió
review-changed-by-us = Qué cambiamos del texto del socio
review-changed-unseen = Nada en los campos que usted puede ver.
piece-preview = Como se verá en el correo
piece-says = Qué dice
piece-history = Qué ha pasado con él
piece-alike = Otros que se le parecen
piece-quota = Su socio ya tiene mucho: además de este, esperan { $open } de { $open_max }, y { $year } de { $year_max } salieron en doce meses.
piece-decide = Decidir
whole-file = El archivo
diff-removed = quitado:
diff-inserted = añadido:
comment-say = Dígale algo al socio y al equipo
comment-private = Solo para el equipo
comment-to-staff = Dígale algo a la redacción
comment-send = Enviar
act-begin = Tomarlo en revisión
act-approve = Aprobar el texto propio del socio
act-later = Aplazarlo a un número posterior
act-withdraw = Retirarlo
act-agreed = El socio ha dado su acuerdo de otro modo
agreed-by = Quién del socio dio su acuerdo
agreed-how = Cómo nos llegó
agreed-record = Anotar su palabra
act-decline = Rechazarlo
decline-reason = Por qué; el socio lo lee
act-edit = Cambiar el texto
edit-about = Su texto vuelve al socio con cada cambio señalado, y sale solo cuando el socio está de acuerdo. Las imágenes, y lo que nos dijo solo a nosotros, quedan como están.
edit-text = El texto como archivo
edit-send = Enviarlo al socio
edit-line = Línea { $line }
answer-about = Sale solo cuando ustedes estén de acuerdo. Si prefieren su propio texto, díganlo; entonces vuelve a quedar como estaba.
answer-agree = Estamos de acuerdo
answer-why = Qué prefieren
answer-object = Conservar nuestro texto

# A partner's pieces, and the form of one.
yes = Sí
no = No
pieces = Nuestros textos
pieces-none = Todavía no hay nada escrito.
piece = Un texto
piece-new = Escribir un texto nuevo
piece-do = Por hacer
piece-edit = Seguir escribiendo
piece-begin = Empezar
piece-to-form = Volver al formulario
state-draft = empezado, sin enviar
deadline = { $newsletter }: lo que llegue antes de { $until } puede salir en el número del { $issue }.
deadline-too-late = Para el número del { $issue } de { $newsletter } ya es tarde.
piece-part-words = El texto
piece-part-matter = De qué trata
piece-part-link = Dónde se encuentra más
piece-part-picture = Imagen
piece-part-subject = Temas y lugares
piece-part-event = Si es un acto
piece-part-quote = Si se cita a alguien
piece-part-position = Posiciones
piece-part-use = A quién preguntar y cómo puede usarse
piece-part-send = Enviarlo
kind-feature = un artículo
kind-story = una historia
kind-news = una noticia
kind-event = un acto
kind-resource = algo para usar
kind-research = investigación
kind-job = un empleo
kind-funding = financiación
kind-policy = una política
piece-title-about = En pocas palabras sencillas: qué pasó y dónde.
piece-title-first = Puede cambiarlo después.
piece-title-wanting = Escriba un título, por favor.
piece-brief-about = Una línea en blanco empieza otro párrafo. Los enlaces se escriben [así](https://example.org/).
piece-story-about = Puede dejarla vacía. Las líneas que empiezan con ## son títulos; las que empiezan con - son listas.
piece-link-text-about = Nombre lo que se encuentra allí.
piece-expertise-about = De uno a cinco, con comas entre ellos, como school-health, joint-use.
piece-places-about = Dos letras cada uno, con comas entre ellos, como NM, OR.
community-rural = rural
community-suburban = suburbana
community-urban = urbana
piece-names-about = Puede elegir varios o ninguno.
piece-position-about = Entonces el nombre de nadie aparece sin su propio sí.
piece-event-zone-about = Como America/New_York.
piece-image-description-about = Para quienes no pueden verla. Hace falta con cada imagen.
piece-choose = Elija, por favor
rights-own = es nuestra
rights-licensed = con una licencia
rights-permission = con permiso
piece-image-people-about = Diga entonces quién tiene su permiso. Las escuelas y las familias pueden pedirlo cada año.
piece-picture-file = Archivo de la imagen
piece-picture-about = JPEG o PNG, como mucho 5 MB, mejor de 1200 píxeles de ancho o más. Guardamos solo la imagen: dónde y cuándo se hizo se borra.
piece-picture-add = Guardar y añadir la imagen
piece-picture-remove = Quitar la imagen
piece-picture-size = Así se guarda: { $width } por { $height } píxeles, { $size } kB.
piece-too-large = Este archivo tiene más de 5 MB. Guárdelo más pequeño; bastan 1200 píxeles de ancho.
piece-contact-private-about = Esto nunca se imprime.
edits-clear = pregúntennos antes
edits-free = los cambios pequeños son bienvenidos; muéstrennoslos igual
piece-authorised = Puedo enviar esto en nombre de nuestra organización.
count-letters = de { $from } a { $to } caracteres
count-letters-to = de { $to } caracteres como mucho
count-words = de { $from } a { $to } palabras
count-words-to = de { $to } palabras como mucho
piece-missing = complételo, por favor
piece-wanting = Antes de poder enviarlo
piece-ready = No falta nada. Puede enviarlo.
piece-not-ready = Todavía no se puede enviar: algo falta o está mal. El formulario dice qué.
piece-save = Guardar
piece-save-preview = Guardar y verlo
piece-submit = Enviarlo
piece-saving = Se está guardando.
piece-saved = Guardado.
piece-unsaved = Esto no se guardó. Pulse Guardar.
piece-retrying = Esto todavía no se ha guardado. Se intenta otra vez por sí solo: deje esta página abierta.
piece-signed-out = Esto no se guardó: su sesión ha terminado. Deje esta página abierta, entre de nuevo en otra pestaña y pulse después Guardar aquí.
piece-saved-at = Guardado por { $who },
piece-changed-meanwhile = Otra persona, o usted en otra ventana, guardó este texto entretanto. Lo que escribió está abajo; guarde otra vez para ponerlo en su lugar.
piece-edited-meanwhile = La redacción ha cambiado el texto que usted envió. Lo que escribió está guardado, y está abajo junto al de ellos; envíelo otra vez para ponerlo en su lugar.
piece-shown = Como lo mostrará el correo
piece-shown-about = Esto lo hace el mismo programa que el correo. La historia completa está solo en la página web.
piece-unreadable = Todavía no se puede mostrar. El formulario dice qué hay que arreglar.
piece-drop = Desechar
piece-drop-draft = Lo que escribió aquí se pierde para siempre.
piece-drop-changes = Lo que no se envió se pierde. Lo que envió antes queda.

# Qué espera, y direcciones que no llevan a ninguna parte.
waits = Qué espera
waits-nothing = Ahora mismo nada espera a nadie.
waits-reviews =
    { $count ->
        [one] Un texto espera revisión
       *[other] { $count } textos esperan revisión
    }
waits-proofs =
    { $count ->
        [one] Una prueba espera aprobación
       *[other] { $count } pruebas esperan aprobación
    }
waits-held =
    { $count ->
        [one] Un número está retenido
       *[other] { $count } números están retenidos
    }
waits-unreadable =
    { $count ->
        [one] No se puede leer un número
       *[other] No se pueden leer { $count } números
    }
waits-consents =
    { $count ->
        [one] De un nombre bajo una posición no consta ningún sí
       *[other] De { $count } nombres bajo posiciones no consta ningún sí
    }
waits-dead-links =
    { $count ->
        [one] Una dirección de un socio no lleva a ninguna parte
       *[other] { $count } direcciones de socios no llevan a ninguna parte
    }
dead-links = Direcciones que no llevan a ninguna parte
dead-links-about = Cada una se miró dos veces, con una semana entre medias. El directorio las conserva; pida la nueva al socio.
dead-links-none = Responde cada dirección que se ha mirado.
dead-links-address = Dirección
dead-links-since = Desde
dead-links-why = Por qué

# El compromiso en el portal.
pledge-own-mail = Ha entrado desde su buzón, así que no hace falta confirmar nada. Recibirá una copia por correo.
pledged-before = Se ha comprometido con la carta en vigor. La copia le llegó por correo.

# Lo que un socio dice de sí mismo, y su logotipo.
profile = Lo que decimos de nosotros
profile-about = Está en el directorio público. Lo que guarde cuenta enseguida.
profile-in-directory = Nuestra página en el directorio
profile-saved = Guardado.
profile-wanting = No se guardó nada. Corrija esto, por favor:
profile-changed-meanwhile = Otra persona cambió esto entretanto. Lo que escribió está abajo; guarde otra vez para ponerlo en su lugar.
profile-blurb = En una o dos frases
profile-blurb-about = Una línea de 400 caracteres como mucho.
profile-links-about = Uno por línea, como mucho 10: su tipo, su dirección y, entre comillas rectas, cómo se llama, por ejemplo newsletter https://news.example.org/ "Nuestra carta". Los tipos son site (sitio), newsletter (boletín), social (red social), feed (canal) y other (otro). El primer sitio es el que está junto a su nombre.
profile-expertise-about = Una por línea, como mucho 20, por ejemplo school-health o joint-use.
profile-sectors-about = Campos de trabajo con sus propias palabras, uno por línea, como mucho 10.
profile-places-about = Un estado por línea: sus dos letras y, si quiere, qué hacen allí (runs: dirige, supports: apoya, funds: financia, trains: forma, researches: investiga) y desde cuándo, por ejemplo NM runs 2024-09-01.
profile-affiliates-about = Organizaciones que les pertenecen, una por línea, con dirección y estado donde los tengan, por ejemplo Mesa Oeste <https://west.example.org/> OR.
profile-research-about = Estudios e informes, uno por línea, con dirección y año, por ejemplo Un año de gimnasios abiertos <https://gyms.example.org/> 2025.
profile-staff = Lo que cuida la redacción
profile-staff-about = Por esto se decide quién puede responder por su nombre, así que lo cambia la redacción. Si algo está mal, escríbale.
logo = Nuestro logotipo
logo-none = Aún no hay ninguno.
logo-given = Lo dio { $who }
logo-give = Guardar el logotipo
logo-file = Archivo
logo-file-about = SVG solo con formas (convierta las letras en trazados), PNG, JPEG, GIF o WebP, como mucho 5 MB.
logo-file-keep = Sin un archivo nuestro logotipo se queda como está, y solo cambia lo que se dice abajo.
logo-for = Hecho para
logo-light = páginas claras
logo-dark = páginas oscuras; el otro se queda
logo-description = Qué muestra, para quien no lo ve
logo-description-about = Como mucho 150 caracteres, por ejemplo: Un farol sobre las palabras Example City United.
logo-scopes = Dónde dejamos que se muestre
logo-scope-directory = en el directorio público
logo-scope-newsletter = en los boletines
logo-scope-positions = junto a nuestro nombre bajo posiciones a las que dijimos sí
logo-from = Desde este día; hoy, si se deja vacío
logo-until = Hasta este día; hasta que lo retiremos, si se deja vacío
logo-remove = Retirar el logotipo
logo-remove-about = Ya no se muestra en ninguna parte; lo que ya salió lo conserva.
logo-changed-meanwhile = Otra persona cambió nuestros datos entretanto. Mire qué hay ahora, elija el archivo otra vez y guarde de nuevo.
