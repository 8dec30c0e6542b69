from __future__ import annotations

import pytest

from app.domain.labels.labels import field_of_label


@pytest.mark.parametrize(
    ("field", "labels"),
    [
        (
            "email",
            [
                "E-Mail",
                "your-email",
                "q4_email4",
                "What is your e-mail?",
                "Email (required)",
                "Correo electrónico",
                "CORREO ELECTRONICO",
                "メールアドレス",
                "E-Mail-Adresse",
                "Ihre E-Mail-Adresse",
                "Endereço de e-mail",
                "E-Mail / Courriel",
                "ＥＭＡＩＬ",
                "Adresse e-mail",
                "Електронна пошта",
                "电子邮箱",
                "이메일",
                "contactEmail",
            ],
        ),
        (
            "first_name",
            [
                "Prénom",
                "PRÉNOM",
                "Vorname",
                "voornaam",
                "imię",
                "Imie",
                "名",
                "Förnamn",
                "data__first_name",
                "First Name*",
                "Quel est votre prénom ?",
                "Fornavn",
                "Имя",
            ],
        ),
        (
            "last_name",
            [
                "apellidos",
                "sobrenome",
                "Cognome",
                "achternaam",
                "nazwisko",
                "姓",
                "Nachname",
                "Nom de famille",
                "Příjmení",
                "Soyadı",
                "Фамилия",
                "name_last",
                "et_pb_last_name_1",
            ],
        ),
        (
            "full_name",
            [
                "nom",
                "Nombre",
                "nome",
                "Nombre y apellidos",
                "氏名",
                "お名前",
                "Imię i nazwisko",
                "et_pb_contact_name_0",
                "contact_name",
                "yourname",
                "Vor- und Nachname",
                "성함",
            ],
        ),
        (
            "phone",
            [
                "Teléfono",
                "telefoonnummer",
                "電話番号",
                "Telefon (optional)",
                "Handynummer",
                "Tél",
                "Numéro de téléphone",
                "field_phone",
                "phone_2",
                "Телефон",
                "GSM",
                "手机号码",
            ],
        ),
        ("title", ["Job Title", "position", "Poste", "Cargo", "役職", "your-title"]),
        (
            "company",
            ["Company", "Company Name", "Firma", "Société", "Empresa", "会社名", "Bedrijf"],
        ),
        ("linkedin_url", ["LinkedIn", "LinkedIn Profile URL", "linkedin_url"]),
    ],
)
def test_a_label_means_a_field_in_many_languages_and_disguises(
    field: str, labels: list[str]
) -> None:
    assert {label: field_of_label(label) for label in labels} == dict.fromkeys(labels, field)


@pytest.mark.parametrize(
    "label",
    [
        "form_name",
        "user_name",
        "page_name",
        "username",
        "form_title",
        "company_id",
        "utm_source",
        "email_opt_in",
        "nf_field_3",
        "First",
        "source_id",
        "mailing list",
        "phone_country",
        "",
        "name " * 40,
    ],
)
def test_a_label_of_something_else_means_no_field(label: str) -> None:
    assert field_of_label(label) is None
