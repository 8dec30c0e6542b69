"""Lead ads and automations, and forms in other languages; people and texts are made up.

Facebook "Lead Ads: retrieving", LinkedIn "Lead Sync", Google Ads "Lead form webhook", TikTok,
Zapier "Catch raw hook", Make, n8n, Power Automate.
"""

from tests.corpus.tool import COMPANY, EMAIL, FIRST, LAST, PHONE, UTM, form, tool

LEAD_ADS = [
    tool(
        "Facebook Lead Ads",
        {
            "id": "1",
            "created_time": "2026",
            "ad_id": "44",
            "form_id": "9",
            "field_data": [
                {"name": "first_name", "values": [FIRST]},
                {"name": "last_name", "values": [LAST]},
                {"name": "email", "values": [EMAIL]},
                {"name": "phone_number", "values": [PHONE]},
                {"name": "company_name", "values": [COMPANY]},
            ],
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Google Ads lead form",
        {
            "lead_id": "T1",
            "form_id": 4,
            "user_column_data": [
                {"column_id": "FULL_NAME", "column_name": "Full name", "string_value": "Ada Byron"},
                {"column_id": "EMAIL", "column_name": "User Email", "string_value": EMAIL},
                {"column_id": "PHONE_NUMBER", "column_name": "User Phone", "string_value": PHONE},
                {"column_id": "COMPANY_NAME", "column_name": "Company", "string_value": COMPANY},
            ],
            "gcl_id": "Cj0",
            "api_version": "1.0",
            "google_key": "k",
        },
        "names",
        "phone",
        "company",
        source="paid",
        gclid="Cj0",
    ),
    tool(
        "LinkedIn Lead Gen",
        {
            "leadType": "SPONSORED",
            "owner": {"sponsoredAccount": "urn:li:1"},
            "form": {
                "questions": [
                    {"questionId": 1, "predefinedField": "FIRST_NAME", "question": "First name"},
                    {"questionId": 2, "predefinedField": "LAST_NAME", "question": "Last name"},
                    {"questionId": 3, "predefinedField": "EMAIL", "question": "Email"},
                    {
                        "questionId": 4,
                        "predefinedField": "COMPANY_NAME",
                        "question": "Company name",
                    },
                ]
            },
            "formResponse": {
                "answers": [
                    {
                        "questionId": number,
                        "answerDetails": {"textQuestionAnswer": {"answer": text}},
                    }
                    for number, text in enumerate((FIRST, LAST, EMAIL, COMPANY), 1)
                ]
            },
        },
        "names",
        "company",
    ),
    tool(
        "TikTok lead generation",
        {
            "lead_id": "1",
            "campaign_name": "june",
            "ttclid": "E.C.P",
            "changes": [
                {"field": "name", "value": "Ada Byron"},
                {"field": "email", "value": EMAIL},
                {"field": "phone_number", "value": PHONE},
            ],
        },
        "names",
        "phone",
        source="paid",
    ),
    tool(
        "Zapier: catch raw hook",
        [
            {
                "email": EMAIL,
                "first_name": FIRST,
                "last_name": LAST,
                "phone": PHONE,
                "company": COMPANY,
                **UTM,
            }
        ],
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "Make: array of an HTTP module",
        [{"Email": EMAIL, "Name": "Ada Byron", "Mobile": PHONE}],
        "names",
        "phone",
    ),
    tool(
        "n8n",
        [
            {
                "json": {"email": EMAIL, "name": "Ada Byron", "company": COMPANY},
                "pairedItem": {"item": 0},
            }
        ],
        "names",
        "company",
    ),
    tool(
        "jQuery serializeArray",
        [
            {"name": "email", "value": EMAIL},
            {"name": "fname", "value": FIRST},
            {"name": "lname", "value": LAST},
            {"name": "tel", "value": PHONE},
        ],
        "names",
        "phone",
    ),
    tool(
        "FormData entries",
        [
            ["email", EMAIL],
            ["name", "Ada Byron"],
            ["company", COMPANY],
            ["utm_source", "google"],
            ["utm_medium", "cpc"],
        ],
        "names",
        "company",
        "utm",
    ),
    tool(
        "Power Automate",
        {
            "body": {
                "Email": EMAIL,
                "GivenName": FIRST,
                "Surname": LAST,
                "JobTitle": "Analyst",
                "CompanyName": COMPANY,
            }
        },
        "names",
        "title",
        "company",
    ),
    tool(
        "Airtable",
        {"fields": {"Full Name": "Ada Byron", "Email": EMAIL, "Phone": PHONE, "Company": COMPANY}},
        "names",
        "phone",
        "company",
    ),
    tool(
        "Clearbit reveal",
        {
            "person": {
                "email": EMAIL,
                "name": {"givenName": FIRST, "familyName": LAST},
                "employment": {"name": COMPANY},
            }
        },
        "names",
    ),
    tool(
        "Apollo",
        {
            "contact": {
                "first_name": FIRST,
                "last_name": LAST,
                "email": EMAIL,
                "organization_name": COMPANY,
                "sanitized_phone": "x",
                "title": "Analyst",
            }
        },
        "names",
        "company",
        "title",
    ),
    form(
        "French form",
        {
            "Prénom": FIRST,
            "Nom": LAST,
            "Adresse e-mail": EMAIL,
            "Téléphone": PHONE,
            "Société": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "German form",
        {
            "Vorname": FIRST,
            "Name": LAST,
            "E-Mail-Adresse": EMAIL,
            "Telefonnummer": PHONE,
            "Firma": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Spanish form",
        {
            "Nombre": FIRST,
            "Apellidos": LAST,
            "Correo electrónico": EMAIL,
            "Teléfono": PHONE,
            "Empresa": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Portuguese form",
        {
            "Nome": FIRST,
            "Sobrenome": LAST,
            "Endereço de e-mail": EMAIL,
            "Celular": PHONE,
            "Empresa": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Italian form",
        {
            "Nome": FIRST,
            "Cognome": LAST,
            "Indirizzo email": EMAIL,
            "Cellulare": PHONE,
            "Azienda": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Dutch form",
        {
            "Voornaam": FIRST,
            "Achternaam": LAST,
            "E-mailadres": EMAIL,
            "Telefoonnummer": PHONE,
            "Bedrijfsnaam": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Polish form",
        {
            "Imię": FIRST,
            "Nazwisko": LAST,
            "Adres e-mail": EMAIL,
            "Numer telefonu": PHONE,
            "Firma": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Swedish form",
        {
            "Förnamn": FIRST,
            "Efternamn": LAST,
            "E-postadress": EMAIL,
            "Telefon": PHONE,
            "Företag": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Japanese form",
        {"名": FIRST, "姓": LAST, "メールアドレス": EMAIL, "電話番号": PHONE, "会社名": COMPANY},
        "names",
        "phone",
        "company",
    ),
    form(
        "Chinese form",
        {"姓名": "Ada Byron", "邮箱": EMAIL, "手机号码": PHONE, "公司名称": COMPANY},
        "names",
        "phone",
        "company",
    ),
    form(
        "Russian form",
        {
            "Имя": FIRST,
            "Фамилия": LAST,
            "Электронная почта": EMAIL,
            "Телефон": PHONE,
            "Компания": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Turkish form",
        {
            "Adı Soyadı": "Ada Byron",
            "E-posta adresi": EMAIL,
            "Telefon numarası": PHONE,
            "Şirket": COMPANY,
        },
        "names",
        "phone",
        "company",
    ),
]
