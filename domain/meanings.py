"""What each field of a kind and of its parts means, by the class that declares it.

The reference page, the JSON Schema of a kind and the document of the API all say it
in these words; what a field says in its own declaration goes before.
"""

from __future__ import annotations


def meaning_of(declared: type, field: str) -> str | None:
    """What a field of a kind or part means, by its name on the wire; None if nothing is said."""
    said = (FIELDS.get(each.__name__, {}).get(field) for each in declared.__mro__)
    return next((meaning for meaning in said if meaning is not None), None)


FIELDS: dict[str, dict[str, str]] = {
    "Event": {
        "kind": "Which kind of entry this is.",
    },
    "ThingEvent": {
        "slug": "The name of the thing within its sort, the same in every entry about it.",
    },
    "NegotiationEvent": {
        "slug": "The name of the negotiation; not `commons` and not `log`.",
    },
    "WorldEvent": {
        "after": (
            "Entries that this one comes after. Within one thing they order its story; an "
            "entry of another thing narrows when this one can have begun, at the time of "
            "recording."
        ),
        "before": "Entries that this one comes before; otherwise as `after`.",
        "contradicts": (
            "Entries it contradicts. One that contradicts an entry of its own thing is shown "
            "as disputing it, and is not folded into the story."
        ),
    },
    "Citation": {
        "source": "Where it stands.",
        "locator": "The place in the source.",
    },
    "Locator": {
        "prefix": "The words just before, if they are needed to find the place.",
        "suffix": "The words just after.",
        "start": (
            "Where it begins in the archived text, in Unicode code points counted from 0; "
            "given together with `end`."
        ),
        "end": "Where it ends, the first code point that no longer belongs to it.",
    },
    "ChainLink": {
        "actor": "Whose voice it is.",
        "role": "What it does in the chain.",
        "mode": "How it hands the claim on.",
        "hedges": "The words with which it holds back.",
    },
    "Hedge": {
        "hedge": "Which of the closed list it is.",
        "cue": "The words of the source that make it one.",
    },
    "NegotiationOpened": {
        "title": "What the negotiation is called.",
        "parties": "Who takes part, if that is known.",
    },
    "NegotiationClosed": {
        "outcome": "What came of it.",
    },
    "ActorRegistered": {
        "name": "What it is called.",
        "type": "What sort of actor it is.",
        "names": "Further names, in other languages or in full.",
        "wikidata": "Its item in Wikidata.",
    },
    "Name": {
        "text": "The name.",
        "lang": "The language it is in.",
    },
    "ActorRenamed": {
        "name": "What it is called from now on.",
    },
    "ActorMerged": {
        "into": "The actor that stands for both.",
        "reason": "Why they are taken for one.",
    },
    "ActorOfficeTaken": {
        "office": "What the office is called.",
        "of": "The state or body it is an office of.",
    },
    "ActorOfficeLeft": {
        "office": "What the office is called, as it was when it was taken.",
        "of": "The state or body it is an office of.",
    },
    "ActorMemberJoined": {
        "member": "Who joins.",
    },
    "ActorMemberLeft": {
        "member": "Who leaves.",
    },
    "SourceRegistered": {
        "title": "What it is called.",
        "publisher": "Who made it public.",
        "authors": "Who wrote it.",
        "url": "Where it can be found, by http or https.",
        "language": "The language it is in.",
    },
    "SourceArchived": {
        "sha256": "The digest of the copy, in lower-case hexadecimal.",
        "media_type": "The format of the copy.",
    },
    "ElementRegistration": {
        "title": "What the part is called.",
        "element_type": "What sort of part it is.",
        "description": "What is meant by it.",
    },
    "IssueRaised": {
        "question": "The question, as one would ask it.",
        "elements": "The parts of the framework it is about.",
        "parent": "The issue it is a part of.",
    },
    "IssueNarrowed": {
        "text": "What is left of the question.",
    },
    "IssueSettled": {
        "answer": "The answer.",
    },
    "IssueLapsed": {
        "reason": "Why it no longer arises.",
    },
    "IssueReopened": {
        "reason": "Why it is open again.",
    },
    "ConditionStated": {
        "text": "What has to hold, as a sentence that is true or false.",
        "condition_type": "What sort of condition it is.",
        "any_of": "Conditions of which one is enough.",
        "all_of": "Conditions of which all have to be met.",
        "met_by": "The thing whose status meets it.",
    },
    "MetBy": {
        "thing": "The full name of its stream, such as `{negotiation}/agreement/{slug}`.",
    },
    "ConditionMet": {
        "note": "What the source says of it.",
    },
    "ConditionFailed": {
        "note": "What the source says of it.",
    },
    "ConditionWaived": {
        "note": "What the source says of it.",
    },
    "StatementMade": {
        "statement_type": "What sort of statement it is.",
        "speakers": "Who speaks, and for whom.",
        "summary": "What is said, in one sentence of the recorder's own.",
        "audience": "Whom it is said to.",
        "about": "The time it is about, as EDTF; not when it was said.",
        "issues": "The open questions it speaks to.",
        "elements": "The parts of the framework it speaks of.",
        "topics": "Other matters it speaks of, in words of the recorder's own.",
        "stance": "Where the speaker stands on what it names.",
        "strength": "How strongly, in the words of the source.",
        "rationale": "The reason the speaker gives.",
        "flags": "What keeps it from being a plain statement about now.",
    },
    "Speaker": {
        "actor": "Who speaks.",
        "on_behalf_of": "The principal whose position it is; the speaker, if it is left out.",
        "office": "The office in which the speaker speaks, as the source calls it.",
    },
    "PledgeMade": {
        "level": "How far the words go.",
        "pledgors": "The principals who undertake it.",
        "beneficiaries": "The principals it is for.",
        "summary": "What is undertaken, in one sentence of the recorder's own.",
        "elements": "The parts of the framework it would fill.",
        "components": "Its separable parts, each with a key of its own.",
        "cardinality_reported": (
            "How many pledgors the source speaks of, where it does not name them all."
        ),
        "obligation_type": "What sort of obligation it is.",
        "formality": "In what form it is given.",
        "due": "By when it is to be kept, as EDTF.",
        "testable": "Whether anybody could tell if it was kept.",
        "dated_by": "What the date of the entry is the date of.",
    },
    "Component": {
        "key": (
            "The name of the component within the pledge, by which allocations and deliveries "
            "name it again."
        ),
        "element": "The part of the framework it would fill.",
        "text": "What it is.",
        "quantity": (
            "How much of it, in the unit or the currency beside it; best as text, which keeps "
            "the digits as the source gives them."
        ),
        "unit": "What the quantity counts.",
        "currency": "The currency of the quantity, an ISO 4217 code.",
        "gates": "Conditions that have to be met or waived first.",
    },
    "PledgeStrengthened": {
        "level": "How far the words go now.",
    },
    "PledgeAmended": {
        "set": "The new terms.",
    },
    "PledgeChanges": {
        "pledgors": "The principals who undertake it from now on.",
        "beneficiaries": "The principals it is for from now on.",
        "summary": "What is undertaken from now on.",
        "elements": "The parts of the framework it would fill from now on.",
        "components": "All its components from now on.",
        "cardinality_reported": "How many pledgors the source speaks of now.",
        "obligation_type": "What sort of obligation it is from now on.",
        "formality": "In what form it is given from now on.",
        "due": "By when it is to be kept now, as EDTF.",
        "testable": "Whether anybody could tell if it was kept.",
    },
    "PledgeAllocated": {
        "components": "What means are set aside for; the last word on each component counts.",
    },
    "PledgeDelivered": {
        "components": "What has arrived; the last word on each component counts.",
        "complete": "Whether nothing is left to come.",
    },
    "PledgeNote": {
        "summary": "What happened, in one sentence.",
        "reason": "Why, according to the source.",
        "note": "What else the recorder wants remembered.",
    },
    "ThreatIssued": {
        "issuer": "The principal who threatens.",
        "targets": "Who is threatened.",
        "mode": "What sort of act is threatened.",
        "summary": "What is threatened, in one sentence of the recorder's own.",
        "threatened_action": "The act itself.",
        "conditional": "Whether it depends on what others do.",
        "trigger": "What would set it off.",
        "scope": "How far it reaches, in words.",
        "against": "What of the framework it is aimed at.",
    },
    "Aim": {
        "elements": "Parts of the framework.",
        "pledges": "Pledges.",
    },
    "ThreatNote": {
        "summary": "What happened, in one sentence.",
        "reason": "Why, according to the source.",
        "note": "What else the recorder wants remembered.",
    },
    "ThreatCarriedOut": {
        "by": "The attack that did it.",
    },
    "AttackCarriedOut": {
        "perpetrator": "The principal who struck.",
        "target_country": "Whose territory was struck.",
        "modes": "By which means.",
        "summary": "What happened, in one sentence of the recorder's own.",
        "munitions": "What was launched, model by model.",
        "places": "Where it struck.",
        "targets": "What was struck.",
        "casualties": "The dead and the injured.",
        "superlatives": "Claims to be the largest, the first or the like.",
    },
    "Munition": {
        "model": "What it is called.",
        "launched": "How many were launched.",
        "intercepted": "How many of them were shot down or diverted.",
        "not_reached": "How many of them failed on the way.",
        "launched_from": "Where they were launched.",
        "note": "What else the recorder wants remembered.",
    },
    "Place": {
        "name": "What the place is called.",
        "precision": "How precisely it is known.",
        "lat": "Degrees north of the equator in WGS 84, from -90 to 90; given together with `lon`.",
        "lon": "Degrees east of Greenwich in WGS 84, from -180 to 180.",
    },
    "Target": {
        "name": "What it is.",
        "civilian": "Whether it is civilian.",
    },
    "Casualties": {
        "killed": "How many people were killed; left out if nobody says.",
        "injured": "How many people were injured; left out if nobody says.",
    },
    "Figure": {
        "best": "The best estimate; low ≤ best ≤ high, and one of the three is given.",
        "low": "The lowest estimate.",
        "high": "The highest estimate.",
    },
    "Superlative": {
        "claim": "What is claimed.",
        "unit": "What is counted.",
        "scope": "Among what it would be the largest or first.",
        "as_of": "The date for which it is claimed, as the source gives it.",
    },
    "AttackReassessed": {
        "munitions": "What was launched, as it is known now.",
        "places": "Where it struck, as it is known now.",
        "targets": "What was struck, as it is known now.",
        "casualties": "The dead and the injured, as they are known now.",
        "superlatives": "What is claimed now.",
    },
    "ConsultationEvent": {
        "participants": "Who takes part.",
        "summary": "What takes place, in one sentence of the recorder's own.",
        "place": "Where.",
        "topics": "What it is about, in words of the recorder's own.",
        "mode": "Whether they meet, speak from afar, or both.",
    },
    "MeasureEvent": {
        "instrument": "What sort of measure it is.",
        "by": "The principals who would take it, or take it.",
        "summary": "What it is, in one sentence of the recorder's own.",
        "on": "Whom it bears on.",
        "purpose": "What it is meant to bring about.",
    },
    "AgreementEvent": {
        "title": "What the agreement is called.",
        "parties": "Who agrees.",
        "instrument_type": "What sort of instrument it is, in the words of the source.",
    },
    "EntryEvent": {
        "entry": "The entry it is about, by id.",
    },
    "EntryCorrected": {
        "schema": "The schema number that the new values are written in.",
        "reason": "What was wrong with the record.",
        "set": (
            "Whole new values of attributes of the entry, by name; `occurred` and `cite` are "
            "among them."
        ),
        "unset": "Attributes that the entry should not have, by name.",
    },
    "EntryRetracted": {
        "reason": "Why the entry should not stand.",
        "replaced_by": "The entry recorded in its place, by id.",
    },
    "EntryEndorsed": {
        "note": "What was checked, and against what.",
    },
    "EntryLinked": {
        "relation": "How the two entries are related.",
        "to": "The other entry, by id.",
        "hedges": "What keeps the link from being certain.",
        "note": "Why they are taken to be related.",
    },
    "LogOpened": {
        "origin": "The name of the log, for ever.",
        "leaf": "The version of the leaf format.",
        "rules": "The number of the rules that answers are computed by.",
        "parley": "The version of the program that opened it.",
    },
    "LogKeyRotated": {
        "key": "The new verifier key, as in a signed note.",
        "retires": "The verifier key that signs no more.",
    },
    "LogReopened": {
        "origin": "The new name of the log.",
        "predecessor": "The name it had before.",
        "reason": "What happened.",
        "approvers": "Who agreed to going on, at least two.",
    },
}
