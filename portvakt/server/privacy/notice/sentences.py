"""Which sentences are the same in every notice? Our own, in both languages; braces are filled in by writing.py and child.py.

Changing one changes notices that were published: raise facts.EDITION with it.
"""

from portvakt.server.purpose.register import Texts

TITLE = Texts("Så behandlar {name} dina personuppgifter", "How {name} uses your personal data")
LEAD_PROVIDER = Texts(
    "{name} driver {platform}. Här står vilka uppgifter om dig som {name} ansvarar för, varför de behövs, hur"
    " länge de finns kvar och vad du kan kräva. Först det viktigaste, sedan varje behandling för sig.",
    "{name} runs {platform}. This says which data about you {name} is responsible for, why it is needed, how"
    " long it stays and what you may demand. First what matters most, then each activity by itself.",
)
LEAD_ORGANISATION = Texts(
    "{name} bestämmer vem som får passera vilka dörrar och använder {platform} till det. Här står vilka"
    " uppgifter om dig som används, varför de behövs, hur länge de finns kvar och vad du kan kräva. Först det"
    " viktigaste, sedan varje behandling för sig.",
    "{name} decides who may pass which doors and uses {platform} for it. This says which data about you is"
    " used, why it is needed, how long it stays and what you may demand. First what matters most, then each"
    " activity by itself.",
)

WHO = Texts("Vem som ansvarar", "Who is responsible")
CONTROLLER = Texts("Personuppgiftsansvarig", "Data controller")
REPRESENTATIVE = Texts("Företrädare i EU", "Representative in the EU")
DPO = Texts("Dataskyddsombud", "Data protection officer")
NO_DPO = Texts(
    "{name} har inte angett något dataskyddsombud. Skriv till adressen ovan.",
    "{name} has not named a data protection officer. Write to the address above.",
)
PROCESSOR = Texts("Den som driver tjänsten", "Who runs the service")
PROCESSOR_LINE = Texts(
    "{provider} är personuppgiftsbiträde: företaget driver {platform} och får bara göra det som {name} har bestämt.",
    "{provider} is data processor: it runs {platform} and may only do what {name} has decided.",
)
NUMBER = Texts("organisationsnummer {number}", "organisation number {number}")

WHAT_FOR = Texts("Vad uppgifterna används till", "What the data is used for")
HOW_LONG = Texts("Hur länge de sparas", "How long it is kept")
HOW_LONG_LINE = Texts(
    "Uppgifterna försvinner av sig själva när tiden är ute. Det som flera behandlingar använder finns kvar så länge någon av"
    " dem behöver det.",
    "The data goes by itself when its time is over. What several activities use stays as long as one of them needs it.",
)

RIGHTS = Texts("Dina rättigheter", "Your rights")
RIGHT_ROWS: tuple[tuple[str, Texts, Texts], ...] = (
    (
        "access",
        Texts("Få veta", "Know"),
        Texts(
            "Du har rätt att få veta om det finns uppgifter om dig, och få en kopia av alla. Det kostar ingenting,"
            " hur ofta du än frågar.",
            "You have the right to know whether there is data about you, and to a copy of all of it. It costs"
            " nothing, however often you ask.",
        ),
    ),
    (
        "rectification",
        Texts("Rätta", "Correct"),
        Texts(
            "Är något fel eller ofullständigt ska det rättas eller kompletteras.",
            "What is wrong or incomplete must be corrected or completed.",
        ),
    ),
    (
        "erasure",
        Texts("Radera", "Erase"),
        Texts(
            "Uppgifter som inte längre behövs, eller som inte får användas, ska raderas när du ber om det. Det som"
            " lagen kräver finns kvar, spärrat, tills tiden har gått ut.",
            "Data that is no longer needed, or may not be used, must be erased when you ask. What the law demands"
            " stays, locked, until its time is over.",
        ),
    ),
    (
        "restriction",
        Texts("Begränsa", "Restrict"),
        Texts(
            "Medan något utreds kan du begära att uppgifterna bara sparas och inte används.",
            "While something is looked into you may demand that the data is only stored and not used.",
        ),
    ),
    (
        "portability",
        Texts("Ta med", "Take along"),
        Texts(
            "Det du själv har lämnat, för ett avtal eller med ditt samtycke, får du ut i ett format som en dator kan"
            " läsa, eller överfört till någon annan där det går.",
            "What you gave yourself, for a contract or with your consent, you get in a form that a computer reads, or"
            " have passed on to somebody else where that can be done.",
        ),
    ),
    (
        "withdrawal",
        Texts("Ta tillbaka ett samtycke", "Withdraw a consent"),
        Texts(
            "Det du har sagt ja till kan du säga nej till när som helst, lika enkelt. Det som gjordes innan var"
            " tillåtet, men användningen upphör genast.",
            "What you said yes to you may say no to at any time, as easily. What was done before was allowed, but the"
            " use stops at once.",
        ),
    ),
    (
        "automated",
        Texts("Slippa beslut av enbart en dator", "Not be decided on by a computer alone"),
        Texts(
            "Ett beslut med stor betydelse för dig får inte fattas av en dator ensam om inte lagen tillåter det. Du"
            " kan då få en människa att pröva det, säga din mening och bestrida det.",
            "A decision that matters much to you may not be made by a computer alone unless the law allows it. You"
            " may then have a human look at it, say what you think and contest it.",
        ),
    ),
    (
        "answer",
        Texts("När svaret kommer", "When the answer comes"),
        Texts(
            "Du får svar inom en månad. Behövs mer tid, högst två månader till, får du veta varför inom den första"
            " månaden. Blir svaret nej står det varför, och vart du kan klaga.",
            "You get an answer within a month. If more time is needed, two months at most, you are told why within"
            " the first. If the answer is no, it says why, and where you may complain.",
        ),
    ),
)

OBJECT = Texts("Din rätt att invända", "Your right to object")
OBJECT_LINE = Texts(
    "Du får när som helst invända mot det som vilar på ett berättigat intresse eller en uppgift av allmänt"
    " intresse, av skäl som har med just din situation att göra. Användningen upphör då om inte {name} visar"
    " tvingande skäl som väger tyngre. Skriv till {email}.",
    "You may at any time object to what rests on a legitimate interest or a public task, for reasons that"
    " have to do with your own situation. The use then stops unless {name} shows compelling reasons that"
    " weigh more. Write to {email}.",
)
OBJECT_MARKETING = Texts(
    "Säger du nej till reklam och erbjudanden upphör de alltid, utan att någon prövar det.",
    "If you say no to advertising and offers they always stop, and nobody weighs it.",
)
OBJECT_TO = Texts("Det gäller", "It is about")
OBJECT_NOTHING = Texts("Just nu vilar ingen behandling på den grunden.", "At present nothing rests on that basis.")

COMPLAIN = Texts("Klaga hos myndigheten", "Complain to the authority")
COMPLAIN_LINE = Texts(
    "Tycker du att uppgifterna används fel kan du klaga hos {authority}. Du behöver inte fråga någon annan först.",
    "If you think that the data is used wrongly you may complain to {authority}. You need not ask anybody else first.",
)
CONTACT = Texts("Fråga och begär", "Ask and demand")
CONTACT_LINE = Texts(
    "Frågor om det här, och allt du vill begära, når {name} på:",
    "Questions about this, and whatever you want to demand, reach {name} at:",
)

ABOUT = Texts("Det som gäller allt", "What holds for all of it")
NO_MACHINE = Texts("Profilering och beslut av dator", "Profiling and decisions by computer")
NO_MACHINE_LINE = Texts(
    "Där en behandling nedan inte säger något annat görs ingen profil av dig, och inget beslut fattas av en"
    " dator ensam.",
    "Where an activity below does not say otherwise, no profile is made of you and no decision is made by a"
    " computer alone.",
)
SECURITY = Texts("Så skyddas uppgifterna", "How the data is protected")
CHANGES = Texts("När det här ändras", "When this changes")
CHANGES_LINE = Texts(
    "Varje version har nummer, datum och kontrollsumma och finns kvar, så att du kan se vad som har ändrats."
    " Ska uppgifter börja användas till något nytt får du veta det innan.",
    "Every version has a number, a date and a checksum and is kept, so that you can see what changed. If data"
    " is to be used for something new, you are told before.",
)
CHANNELS = Texts("Sociala medier", "Social media")
CHANNELS_LINE = Texts("{name} finns på {channels}.", "{name} is on {channels}.")

IN_THE_SERVICE = Texts("När {name} bara hjälper till", "Where {name} only helps")
IN_THE_SERVICE_LINE = Texts(
    "Dörrarna tillhör organisationer som använder {platform}. För det som sker där är organisationen"
    " personuppgiftsansvarig och {name} personuppgiftsbiträde. Fråga den som dörren tillhör; dess integritetspolicy"
    " finns på samma webbplats. Det handlar om:",
    "The doors belong to organisations that use {platform}. For what is done there the organisation is data"
    " controller and {name} is data processor. Ask the organisation whose door it is; its notice is on the"
    " same website. This is about:",
)

PURPOSE = Texts("Varför", "Why")
DATA = Texts("Vilka uppgifter", "Which data")
SOURCE = Texts("Varifrån de kommer", "Where it comes from")
REQUIRED = Texts("Måste de lämnas?", "Must it be given?")
BASIS = Texts("Rättslig grund", "Legal basis")
INTEREST = Texts("Intresset och hur det har vägts", "The interest, and how it was weighed")
RECIPIENTS = Texts("Vilka som får dem", "Who gets it")
NOBODY = Texts("Ingen utanför {name}.", "Nobody outside {name}.")
ABROAD = Texts("Utanför EU och EES", "Outside the EU and EEA")
NOT_ABROAD = Texts("Uppgifterna lämnar inte EU och EES.", "The data does not leave the EU and EEA.")
ABROAD_LINE = Texts(
    "{recipient}: {countries}. Skydd: {safeguard}. {copy}", "{recipient}: {countries}. Safeguard: {safeguard}. {copy}"
)
RETENTION = Texts("Hur länge", "How long")
REASON = Texts("Varför så länge: {reason}", "Why so long: {reason}")
PROFILING = Texts("Profilering", "Profiling")
AUTOMATED = Texts("Beslut av dator", "Decisions by computer")
OBJECTION = Texts("Så invänder du", "How to object")
WITHDRAW = Texts("Ta tillbaka samtycket", "Withdraw the consent")
WITHDRAW_LINE = Texts(
    "Du kan när som helst ta tillbaka samtycket, lika enkelt som du gav det. Då upphör användningen genast.",
    "You may withdraw the consent at any time, as easily as you gave it. The use then stops at once.",
)
JUSTIFICATION = Texts("Varför personnummer behövs", "Why the personal identity number is needed")

CHILD_TITLE = Texts("Om dina uppgifter hos {name}", "About your data at {name}")
CHILD_LEAD = Texts(
    "Den här sidan är skriven för dig som är ung. Be gärna en vuxen läsa den med dig.",
    "This page is written for young readers. Do ask a grown-up to read it with you.",
)
CHILD_WHO = Texts("Vem bestämmer?", "Who decides?")
CHILD_WHO_LINE = Texts(
    "{name} bestämmer över uppgifterna som står här. En uppgift är något som man kan veta om dig, som ditt namn.",
    "{name} decides about the data described here. Data is something one can know about you, such as your name.",
)
CHILD_WHAT = Texts("Vad gör vi med uppgifterna?", "What do we do with the data?")
CHILD_LONG = Texts("Hur länge?", "For how long?")
CHILD_LONG_LINE = Texts(
    "Vi sparar inget längre än vi behöver. Vill du veta exakt hur länge? Det står i texten för vuxna, eller"
    " så frågar du oss.",
    "We keep nothing longer than we need it. Do you want to know exactly how long? It says so in the text for"
    " grown-ups, or you ask us.",
)
CHILD_SHARE = Texts("Vilka får se dem?", "Who may see it?")
CHILD_SHARE_LINE = Texts(
    "Bara de som behöver det för sitt jobb, och de här:",
    "Only those who need it for their work, and these:",
)
CHILD_RIGHTS = Texts("Vad kan du kräva?", "What can you demand?")
CHILD_RIGHT_ROWS: tuple[Texts, ...] = (
    Texts(
        "Du får veta allt som vi vet om dig. Det kostar inget.",
        "You may know all that we know about you. It costs nothing.",
    ),
    Texts("Är något fel ska vi rätta det.", "If something is wrong we must correct it."),
    Texts("Du kan be oss ta bort det.", "You can ask us to delete it."),
    Texts("Du kan säga att du inte vill att vi använder det.", "You can say that you do not want us to use it."),
    Texts(
        "Har du sagt ja till något kan du ändra dig när du vill.",
        "If you said yes to something you may change your mind whenever you like.",
    ),
)
CHILD_ASK = Texts("Vem kan du fråga?", "Whom can you ask?")
CHILD_ASK_LINE = Texts(
    "Skriv till {email}. Du får svar inom en månad.", "Write to {email}. You get an answer within a month."
)
CHILD_COMPLAIN = Texts("Tycker du att vi gör fel?", "Do you think that we do wrong?")
CHILD_COMPLAIN_LINE = Texts(
    "Då kan du berätta det för {authority}. De avgör om vi följer reglerna. Du eller en vuxen kan ringa"
    " eller skriva dit.",
    "Then you can tell {authority}. They decide whether we follow the rules. You or a grown-up can call or"
    " write to them.",
)
