"""What forms call the fields of a person, in the languages of the people who make forms.

A label is compared by its words: without case, accents and punctuation, and without the words
that only point at the field. "E-Mail", `your-email`, `q4_email4`, `et_pb_contact_email_0`,
"What is your e-mail?" and "Email (required)" are all `email`; `Prénom` is `prenom`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

#: A first and a last name in one; it is split.
FULL_NAME = "full_name"
#: The firm that a person works for; it is kept in metadata.
COMPANY = "company"

#: Longest label that may mean a field, in characters; a longer one is prose.
LABEL_CHARS_MAX = 80
#: Words of a label that are looked at.
_WORDS_MAX = 8

# A line for each group of languages; a label of several words is written as one.
_LABELS = {
    "email": """
        email emails emailaddress emailaddr emailid mail mailaddress mailid useremail workemail
        businessemail companyemail corporateemail personalemail primaryemail emailwork
        emailadresse mailadresse geschaftlicheemail adressemail adresseemail adresseelectronique
        courriel adressecourriel courrielprofessionnel emailprofessionnel
        correo correoelectronico correoe direccionemail direcciondecorreo correocorporativo
        direcciondecorreoelectronico emailcorporativo enderecodeemail correioeletronico
        indirizzoemail postaelettronica emailaziendale emailadres mailadres adresmailowy
        poczta pocztaelektroniczna epost epostadress epostadresse mejl mejladress sahkoposti
        sahkopostiosoite emailova adresa emailovaadresa emailcim adresadeemail eposta epostaadresi
        ηλεκτρονικοταχυδρομειο почта электроннаяпочта адресэлектроннойпочты имейл електроннапошта
        メール メールアドレス eメール eメールアドレス 電子メール 邮箱 电子邮箱 电子邮件 邮箱地址
        電子郵件 電郵 信箱 이메일 이메일주소 אימייל דואראלקטרוני דואל
        البريدالإلكتروني بريدإلكتروني الايميل""",
    "first_name": """
        firstname firstnames fname givenname forename namefirst preferredname
        vorname rufname prenom nombredepila primernombre nombres primeironome nomeproprio
        voornaam roepnaam imie fornamn fornavn etunimi krestnijmeno krstnemeno keresztnev utonev
        prenume adiniz имя імя 名 名前名 めい ファーストネーム שםפרטי الاسمالأول""",
    "last_name": """
        lastname lastnames lname surname familyname namelast secondname
        nachname familienname zuname nomdefamille nomfamille apellido apellidos primerapellido
        sobrenome apelido ultimonome cognome achternaam familienaam nazwisko efternamn etternavn
        efternavn sukunimi prijmeni priezvisko vezeteknev csaladnev numedefamilie soyad soyadi
        soyisim soyadiniz επωνυμο επιθετο фамилия прізвище 姓 名字 せい ラストネーム שםמשפחה
        اسمالعائلة اللقب""",
    FULL_NAME: """
        name names fullname fullnames completename firstandlastname firstlastname displayname
        realname personname vollstandigername ganzername vorundnachname vornamenachname
        vornameundnachname nom nomcomplet nometprenom nomprenom prenometnom prenomnom
        nombre nombrecompleto nombreyapellido nombreyapellidos nombreapellidos nome nomecompleto
        nomeesobrenome nomeecognome nomecognome nominativo naam volledigenaam voorenachternaam
        imieinazwisko imienazwisko namn navn fulltnavn fuldenavn nimi kokonimi jmeno meno
        jmenoaprijmeni celejmeno menoapriezvisko nev teljesnev nume numecomplet numesiprenume
        adsoyad adisoyadi adinizsoyadiniz adivesoyadi isim isimsoyisim ονομα ονοματεπωνυμο
        фио полноеимя имяифамилия имяфамилия пиб 氏名 お名前 名前 姓名 おなまえ フルネーム
        您的姓名 이름 성명 성함 שם שםמלא الاسم الاسمالكامل""",
    "phone": """
        phone phones phonenumber phonenumbers phoneno phonenum tel telephone telephonenumber telno
        mobile mobilephone mobilenumber mobileno mobilephonenumber cell cellphone cellnumber
        cellphonenumber workphone workphonenumber businessphone companyphone officephone homephone
        primaryphone phonework phonemobile contactnumber contactno daytimephone whatsapp
        whatsappnumber whatsappphone smsnumber telefon telefonnummer rufnummer handy handynummer
        mobil mobilnummer mobiltelefon festnetz numerodetelephone telephoneportable
        numerodeportable telefono numerodetelefono telefonomovil movil celular numerodecelular
        telefonocelular telefone numerodetelefone telemovel telefonecelular telefonecomddd
        cellulare numeroditelefono numerodicellulare recapitotelefonico telefoon telefoonnummer
        mobielnummer mobiel gsm gsmnummer telefonkomorkowy numertelefonu nrtelefonu mobilnr
        telefonnr puhelin puhelinnumero telefonicislo telefonnicislo telefonnecislo telefonszam
        numardetelefon telefonnumarasi telefonnumaraniz ceptelefonu τηλεφωνο κινητο
        телефон номертелефона мобильныйтелефон номертелефону 電話 電話番号 携帯 携帯電話 携帯番号
        携帯電話番号 お電話番号 电话 电话号码 手机 手机号 手机号码 联系电话 電話號碼 手機 手機號碼
        聯絡電話 전화 전화번호 휴대폰 휴대폰번호 휴대전화 연락처
        טלפון מספרטלפון נייד الهاتف رقمالهاتف الجوال""",
    "title": """
        title jobtitle jobposition position jobrole worktitle berufsbezeichnung stellenbezeichnung
        positionimunternehmen intituledeposte poste fonction cargo puesto puestodetrabajo
        ruolo qualifica functie functietitel stanowisko befattning stilling должность
        役職 职位 職稱 職位 직책 직함""",
    "linkedin_url": """
        linkedin linkedinurl linkedinprofile linkedinprofileurl linkedinlink linkedinprofilelink
        linkedinpage""",
    "source": "source leadsource",
    "source_detail": "sourcedetail sourcedetails leadsourcedetail",
    COMPANY: """
        company companyname nameofcompany businessname organisation organization organisationname
        organizationname orgname employer employername companyorganization firm firmname
        firma firmenname unternehmen entreprise societe nomdelentreprise nomdelasociete
        nomentreprise nomsociete raisonsociale empresa nombredelaempresa nombreempresa
        nomedaempresa nomeempresa azienda ragionesociale nomeazienda nomedellazienda bedrijf
        bedrijfsnaam organisatie nazwafirmy foretag foretagsnamn virksomhed virksomhet yritys
        spolecnost nazevfirmy spolocnost ceg cegnev companie sirket sirketadi εταιρεια επωνυμια
        компания организация компанія 会社 会社名 御社名 貴社名 法人名 企業名 勤務先
        公司 公司名称 公司名稱 企业名称 회사 회사명 חברה שםחברה الشركة اسمالشركة""",
}


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables of words."""
    return frozenset(text.split())


# Words that only point at the field, before it and behind it; `your` does with all before it.
_POSSESSIVE = word_set("your ihr ihre deine dein votre ton su tu il seu sua uw tuo vos twoje")
_BEFORE = _POSSESSIVE | word_set(
    """attendee billing client contact contactform control customer data et f field fields form
    input invitee lead mauticform member merge my name nf participant pb person primary prospect q
    respondent sender shipping submitter subscriber txt user visitor"""
)
# `form_name` and `item_title` are those of things.
_BEFORE_NAMES = _BEFORE - word_set("data f field fields form merge name user member")
_BEHIND = word_set(
    """address c field input mandatory obligatoire obligatorio obbligatorio opcional optional
    optionnel pflichtfeld required text textbox txt verplicht wymagane"""
)
_FIELDS_OF_THINGS_TOO = frozenset({FULL_NAME, "title", "source"})
_POINTING = re.compile(r"\A(?:.*your|input|contact|visitor|lead|customer|my)(?=.)")

# Runs of letters; a capital begins a new word, and so does the last of several capitals.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+")
# Accents, and the marks of Hebrew, Arabic and kana.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u3099\u309a]+")
_PLAIN_LETTERS = str.maketrans("ıłø", "ilo")


def words_of(label: str) -> list[str]:
    """The first words of a label, without case, accents, digits and differences of width."""
    if label.isascii():
        return [word.lower() for word in _WORD.findall(label)[:_WORDS_MAX]]
    apart = _MARKS.sub("", normalize("NFKD", label)).translate(_PLAIN_LETTERS)
    return [word.casefold() for word in _WORD.findall(apart)[:_WORDS_MAX]]


_FIELD_BY_LABEL = {
    "".join(words_of(label)): field for field, labels in _LABELS.items() for label in labels.split()
}


def field_of_usual_label(label: str) -> str | None:
    """The field of a label that is, without a look at its words, a usual one: `First Name`."""
    plain = label.lower().replace(" ", "").replace("_", "").replace("-", "")
    return _FIELD_BY_LABEL.get(plain)


def field_of_label(label: str) -> str | None:
    """The field (or FULL_NAME, or COMPANY) that a form's label means, or None."""
    return _field_of_label(label) if len(label) <= LABEL_CHARS_MAX else None


@lru_cache(maxsize=4096)
def _field_of_label(label: str) -> str | None:
    words = words_of(label)
    whole = "".join(words)
    field = _FIELD_BY_LABEL.get(whole)
    if field is None and len(words) == 1:
        return _FIELD_BY_LABEL.get(_POINTING.sub("", whole))  # `yourname`
    if field is None and words:
        field = _field_among(words)
    if field is None and "/" in label:
        return _field_of_label(label.partition("/")[0])  # "E-Mail / Courriel"
    return field


def _field_among(words: list[str]) -> str | None:
    """The field that is left when pointing words are taken away, as few of them as possible."""
    start, count = 0, len(words)
    if not _POSSESSIVE.isdisjoint(words):
        start = count - next(i for i, word in enumerate(reversed(words)) if word in _POSSESSIVE)
    for first in range(start, count):
        for end in range(count, first, -1):
            field = _FIELD_BY_LABEL.get("".join(words[first:end]))
            if field and (
                field not in _FIELDS_OF_THINGS_TOO or _BEFORE_NAMES.issuperset(words[start:first])
            ):
                return field
            if words[end - 1] not in _BEHIND:
                break
        if words[first] not in _BEFORE:
            break
    return None
