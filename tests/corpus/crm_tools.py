"""CRMs, mailing lists, chats and schedulers; people and texts are made up.

HubSpot "Webhooks" and "Forms API", Mailchimp "Sync audience data with webhooks", Customer.io,
ConvertKit, ActiveCampaign, Klaviyo, Pipedrive "Webhooks v2", Intercom, Drift, Tidio, ManyChat,
Landbot, Calendly "Webhook payload", Cal.com "Webhooks", Segment and RudderStack "Identify".
"""

from tests.corpus.tool import COMPANY, EMAIL, FIRST, LAST, PHONE, UTM, form, tool

CAMPAIGN = {"campaign": {"source": "google", "medium": "cpc", "name": "june"}}

CRM_TOOLS = [
    tool(
        "HubSpot: workflow",
        {
            "vid": 51,
            "properties": {
                "firstname": {"value": FIRST},
                "lastname": {"value": LAST},
                "phone": {"value": PHONE},
                "company": {"value": COMPANY},
                "email": {"value": EMAIL},
            },
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "HubSpot: forms API",
        {
            "fields": [
                {"objectTypeId": "0-1", "name": "email", "value": EMAIL},
                {"name": "firstname", "value": FIRST},
                {"name": "lastname", "value": LAST},
                {"name": "phone", "value": PHONE},
                {"name": "company", "value": COMPANY},
            ],
            "context": {"pageUri": "https://acme.example/?utm_source=google&utm_medium=cpc"},
        },
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "HubSpot: v3 object",
        {
            "id": "51",
            "properties": {
                "email": EMAIL,
                "firstname": FIRST,
                "lastname": LAST,
                "phone": PHONE,
                "company": COMPANY,
            },
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Mailchimp: webhook",
        {
            "type": "subscribe",
            "data[email]": EMAIL,
            "data[merges][EMAIL]": EMAIL,
            "data[merges][FNAME]": FIRST,
            "data[merges][LNAME]": LAST,
            "data[merges][PHONE]": PHONE,
        },
        "names",
        "phone",
    ),
    tool(
        "Mailchimp: member",
        {
            "email_address": EMAIL,
            "status": "subscribed",
            "merge_fields": {"FNAME": FIRST, "LNAME": LAST, "PHONE": PHONE, "COMPANY": COMPANY},
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "Mailchimp: embedded form",
        {"EMAIL": EMAIL, "FNAME": FIRST, "LNAME": LAST, "b_1_2": ""},
        "names",
    ),
    tool(
        "Customer.io",
        {
            "event_id": "e",
            "object_type": "customer",
            "metric": "subscribed",
            "data": {
                "customer_id": "1",
                "identifiers": {"id": "1", "email": EMAIL},
                "attributes": {"first_name": FIRST, "last_name": LAST, "phone": PHONE},
            },
        },
        "names",
        "phone",
    ),
    tool(
        "ConvertKit",
        {
            "subscriber": {
                "id": 1,
                "first_name": FIRST,
                "email_address": EMAIL,
                "fields": {"last_name": LAST, "phone": PHONE, "company": COMPANY},
            }
        },
        "names",
        "phone",
        "company",
    ),
    form(
        "ActiveCampaign",
        {
            "type": "subscribe",
            "contact[id]": "1",
            "contact[email]": EMAIL,
            "contact[first_name]": FIRST,
            "contact[last_name]": LAST,
            "contact[phone]": PHONE,
            "contact[orgname]": COMPANY,
            "contact[fields][utm_source]": "google",
            "contact[fields][utm_medium]": "cpc",
        },
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "Klaviyo",
        {
            "data": {
                "type": "profile",
                "id": "1",
                "attributes": {
                    "email": EMAIL,
                    "phone_number": PHONE,
                    "first_name": FIRST,
                    "last_name": LAST,
                    "organization": COMPANY,
                    "title": "Analyst",
                    "properties": UTM,
                },
            }
        },
        "names",
        "phone",
        "company",
        "title",
        "utm",
    ),
    tool(
        "Pipedrive",
        {
            "meta": {"action": "added", "object": "person"},
            "current": {
                "id": 1,
                "name": "Ada Byron",
                "first_name": FIRST,
                "last_name": LAST,
                "org_name": COMPANY,
                "email": [{"value": EMAIL, "primary": True}],
                "phone": [{"value": PHONE, "primary": True}],
            },
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Pipedrive v2",
        {
            "meta": {"action": "create", "entity": "person"},
            "data": {
                "first_name": FIRST,
                "last_name": LAST,
                "emails": [{"value": EMAIL, "label": "work"}],
                "phones": [{"value": PHONE, "label": "work"}],
            },
        },
        "names",
        "phone",
    ),
    tool(
        "Intercom",
        {
            "type": "notification_event",
            "topic": "contact.lead.created",
            "data": {
                "item": {
                    "type": "contact",
                    "role": "lead",
                    "email": EMAIL,
                    "name": "Ada Byron",
                    "phone": PHONE,
                    "utm_source": "google",
                    "utm_medium": "cpc",
                }
            },
        },
        "names",
        "phone",
        "utm",
    ),
    tool(
        "Drift",
        {
            "orgId": 1,
            "type": "contact_identified",
            "data": {
                "attributes": {
                    "email": EMAIL,
                    "name": "Ada Byron",
                    "phone": PHONE,
                    "company": COMPANY,
                }
            },
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Tidio",
        {
            "event": "visitor",
            "visitor": {"email": EMAIL, "name": "Ada Byron", "phone": PHONE},
            "operator": {"email": "sam@acme.example", "name": "Sam"},
        },
        "names",
        "phone",
    ),
    tool(
        "ManyChat",
        {
            "key": "user:1",
            "id": "1",
            "first_name": FIRST,
            "last_name": LAST,
            "name": "Ada Byron",
            "email": EMAIL,
            "phone": PHONE,
            "custom_fields": UTM,
        },
        "names",
        "phone",
        "utm",
    ),
    tool(
        "Landbot",
        {
            "customer": {"id": 1, "name": "Ada Byron", "email": EMAIL, "phone": PHONE},
            "agent": {"id": 2, "name": "Sam", "email": "sam@acme.example"},
            "messages": [],
        },
        "names",
        "phone",
    ),
    tool(
        "Crisp",
        {
            "website_id": "w",
            "event": "session:set_email",
            "data": {"email": EMAIL, "nickname": "ada", "session_id": "s"},
        },
    ),
    tool(
        "Zendesk",
        {
            "ticket": {"requester": {"name": "Ada Byron", "email": EMAIL, "phone": PHONE}},
            "assignee": {"email": "sam@acme.example"},
        },
        "names",
        "phone",
    ),
    tool(
        "Freshsales",
        {
            "contact": {
                "first_name": FIRST,
                "last_name": LAST,
                "email": EMAIL,
                "mobile_number": PHONE,
                "job_title": "Analyst",
            }
        },
        "names",
        "phone",
        "title",
    ),
    tool(
        "Salesforce web-to-lead as JSON",
        {
            "oid": "0",
            "first_name": FIRST,
            "last_name": LAST,
            "email": EMAIL,
            "company": COMPANY,
            "phone": PHONE,
            "lead_source": "paid",
        },
        "names",
        "phone",
        "company",
        source="paid",
    ),
    tool(
        "Zoho CRM",
        {
            "data": [
                {
                    "First_Name": FIRST,
                    "Last_Name": LAST,
                    "Email": EMAIL,
                    "Phone": PHONE,
                    "Company": COMPANY,
                    "Owner": {"name": "Sam", "email": "sam@acme.example"},
                }
            ]
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Close",
        {
            "event": {
                "object_type": "contact",
                "data": {
                    "display_name": "Ada Byron",
                    "emails": [{"email": EMAIL, "type": "office"}],
                    "phones": [{"phone": PHONE, "type": "office"}],
                },
            }
        },
        "names",
        "phone",
    ),
    tool(
        "Calendly",
        {
            "event": "invitee.created",
            "created_by": "u",
            "payload": {
                "email": EMAIL,
                "name": "Ada Byron",
                "first_name": None,
                "last_name": None,
                "questions_and_answers": [
                    {"question": "Phone Number", "answer": PHONE, "position": 0},
                    {"question": "Company", "answer": COMPANY, "position": 1},
                ],
                "tracking": {**UTM, "utm_term": None},
                "scheduled_event": {
                    "name": "Demo",
                    "event_memberships": [{"user_email": "sam@acme.example", "user_name": "Sam"}],
                },
            },
        },
        "names",
        "phone",
        "company",
        "utm",
    ),
    tool(
        "Cal.com",
        {
            "triggerEvent": "BOOKING_CREATED",
            "payload": {
                "title": "Demo between Ada and Sam",
                "type": "demo",
                "organizer": {"name": "Sam Staff", "email": "sam@acme.example"},
                "attendees": [{"email": EMAIL, "name": "Ada Byron", "timeZone": "Europe/London"}],
                "responses": {
                    "name": {"label": "your_name", "value": "Ada Byron"},
                    "email": {"label": "email_address", "value": EMAIL},
                    "phone": {"label": "phone_number", "value": PHONE},
                },
            },
        },
        "names",
        "phone",
    ),
    tool(
        "Acuity",
        {
            "action": "scheduled",
            "firstName": FIRST,
            "lastName": LAST,
            "email": EMAIL,
            "phone": PHONE,
            "calendar": "Sam",
        },
        "names",
        "phone",
    ),
    tool(
        "Segment: identify",
        {
            "type": "identify",
            "userId": "1",
            "traits": {
                "email": EMAIL,
                "firstName": FIRST,
                "lastName": LAST,
                "phone": PHONE,
                "company": {"name": COMPANY, "id": 7},
            },
            "context": CAMPAIGN,
        },
        "names",
        "phone",
        "company",
        "utm",
        utm_campaign="june",
    ),
    tool(
        "Segment: track",
        {
            "type": "track",
            "event": "Lead",
            "properties": {"email": EMAIL, "name": "Ada Byron"},
            "context": {**CAMPAIGN, "page": {"url": "https://acme.example/", "title": "Home"}},
        },
        "names",
        "utm",
    ),
    tool(
        "RudderStack",
        {
            "type": "identify",
            "context": {
                **CAMPAIGN,
                "traits": {"email": EMAIL, "first_name": FIRST, "last_name": LAST, "phone": PHONE},
            },
        },
        "names",
        "phone",
        "utm",
    ),
    tool(
        "Brevo",
        {
            "event": "list_addition",
            "email": EMAIL,
            "attributes": {"FIRSTNAME": FIRST, "LASTNAME": LAST, "SMS": PHONE},
        },
        "names",
    ),
    tool(
        "MailerLite",
        {
            "events": [
                {
                    "type": "subscriber.create",
                    "data": {
                        "subscriber": {
                            "email": EMAIL,
                            "fields": {
                                "name": FIRST,
                                "last_name": LAST,
                                "phone": PHONE,
                                "company": COMPANY,
                            },
                        }
                    },
                }
            ]
        },
        "names",
        "phone",
        "company",
    ),
    tool(
        "Mailjet", {"Email": EMAIL, "Properties": {"firstname": FIRST, "lastname": LAST}}, "names"
    ),
    tool(
        "GetResponse",
        {"contact": {"email": EMAIL, "name": "Ada Byron", "campaign": {"name": "list"}}},
        "names",
    ),
    tool(
        "Beehiiv",
        {
            "event_type": "subscription.created",
            "data": {
                "email": EMAIL,
                "status": "active",
                "utm_source": "google",
                "utm_medium": "cpc",
                "custom_fields": [{"name": "First Name", "value": FIRST}],
            },
        },
        "first",
        "utm",
    ),
    tool(
        "Stripe Checkout",
        {
            "type": "checkout.session.completed",
            "data": {
                "object": {
                    "customer_details": {"email": EMAIL, "name": "Ada Byron", "phone": PHONE},
                    "mode": "payment",
                }
            },
        },
        "names",
        "phone",
    ),
    tool(
        "Eventbrite",
        {
            "profile": {
                "first_name": FIRST,
                "last_name": LAST,
                "email": EMAIL,
                "cell_phone": PHONE,
                "company": COMPANY,
                "job_title": "Analyst",
            },
            "status": "Attending",
        },
        "names",
        "phone",
        "company",
        "title",
    ),
    tool(
        "Zoom: registration",
        {
            "event": "webinar.registration_created",
            "payload": {
                "object": {
                    "topic": "Demo",
                    "registrant": {
                        "first_name": FIRST,
                        "last_name": LAST,
                        "email": EMAIL,
                        "phone": PHONE,
                        "org": COMPANY,
                        "job_title": "Analyst",
                    },
                }
            },
        },
        "names",
        "phone",
        "title",
    ),
]
