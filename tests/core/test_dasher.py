"""DASHER's protocol.txt as a protocol of ours: the same lists, and every difference told."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.dasher import Difference, Sorting, differences, protocol_text, read
from xnat_gate.core.dasher.modalities import MODALITIES
from xnat_gate.core.protocol import NoList, Patterns, Protocol, ProtocolInvalid
from xnat_gate.edge.protocol_file import loads

OFF = "0008,1090 ManufacturersModelName ALLOW ALL"


def yaml_of(text: str, **options: str) -> str:
    sorting = read(text, "protocol.txt")
    return protocol_text(sorting, differences(sorting), **options)


def converted(text: str, **options: str) -> Protocol:
    return loads(yaml_of(text, **options), VOCABULARY, "converted")


def lists(text: str) -> tuple[tuple[str, ...] | str, tuple[str, ...] | str]:
    """What a text allows and denies, in the protocol that is made of it."""
    protocol = converted(text)
    found = protocol.allow["Modality"], protocol.deny["ManufacturerModelName"]
    allow, deny = (one.words if isinstance(one, Patterns) else str(one) for one in found)
    return allow, deny


def faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ProtocolInvalid) as invalid:
        read(text, "protocol.txt")
    assert all(fault.remedy for fault in invalid.value.faults)
    return [(fault.line, fault.message) for fault in invalid.value.faults]


def told(text: str) -> dict[str, Difference]:
    return {one.id: one for one in differences(read(text, "protocol.txt"))}


# --- what is read


@pytest.mark.parametrize("off", ["ALLOW ALL", "ALL", "NONE"])
def test_both_dialects_switch_a_list_off(off: str) -> None:
    assert lists(f"0008,0060 Modality CT MR\n0008,1090 ManufacturersModelName {off}\n") == (
        ("CT", "MR"),
        "NONE",
    )


@pytest.mark.parametrize("everything", ["ALL", "ALLOW ALL", "CT, ALL"])
def test_all_modalities_may_pass(everything: str) -> None:
    assert lists(f"0008,0060 Modality {everything}\n{OFF}\n") == ("ALL", "NONE")


@pytest.mark.parametrize(
    "text",
    [
        "0008,0060 Modality CT MR\n0008,1090 ManufacturersModelName Aera, Voluson E8\n",
        "\ufeff0008,0060 Modality CT,MR\r\n\r\n0008,1090 ManufacturersModelName Aera;Voluson E8\r\n",
        "# ours\n(0008,1090) Manufacturer's Model Name: Aera\tVoluson E8\n\n(0008,0060)\tModality:\tCT;MR\n",
        "  0008, 0060 modality=CT , MR ,\r0008,1090 Aera,Voluson E8,\r",
        '00080060 CT\xa0MR\n00081090 MANUFACTURERSMODELNAME "Aera" "Voluson E8"',
        '0008,0060, Modality, CT, MR\n0008,1090, ManufacturersModelName, "Aera", "Voluson E8"',
        "0008,0060 Modality CT MR CT\n0008,1090 ManufacturersModelName 'Aera', \u201cVoluson E8\u201d, Aera",
    ],
)
def test_lines_are_read_however_they_were_typed(text: str) -> None:
    assert lists(text) == (("CT", "MR"), ("Aera", "Voluson E8"))


def test_without_the_second_line_no_model_is_kept_out() -> None:
    assert lists("0008,0060 Modality CT\n") == (("CT",), "NONE")
    assert "no line 0008,1090" in yaml_of("0008,0060 Modality CT")


def test_words_without_a_comma_are_kept_out_as_one_model_and_as_several() -> None:
    text = f"0008,0060 Modality CT\n{OFF.replace('ALLOW ALL', 'Voluson E8')}"
    assert lists(text)[1] == ("Voluson E8", "Voluson", "E8")
    assert told(text)["no-comma"].words == ("Voluson", "E8")
    for parted in ("Voluson E8,", '"Voluson E8"', "Voluson-E8"):
        assert lists(text.replace("Voluson E8", parted))[1] == (parted.strip('",'),)
        assert "no-comma" not in told(text.replace("Voluson E8", parted))


LONG = "Brilliance Big Bore Discovery MR750 Optima CT660 Signa HDxt LOGIQ E9 iU22 EPIQ 7G"


@pytest.mark.parametrize("model", ["Discovery MR750", "Big Bore", "Signa HDxt", "Brilliance", "EPIQ 7G"])
def test_a_long_model_line_without_commas_keeps_out_every_name_as_it_says(model: str) -> None:
    text = f"0008,0060 Modality CT\n0008,1090 ManufacturersModelName {LONG}"
    assert not we_let_pass(converted(text), "CT", model)
    assert f"whether {LONG} is one name" in str(told(text)["no-comma"])
    assert we_let_pass(converted(text), "CT", LONG)  # which is longer than any model


def test_a_model_that_stands_on_the_line_with_two_blanks_in_it_is_kept_out() -> None:
    text = "0008,0060 Modality CT\n0008,1090 ManufacturersModelName Brilliance  Big Bore"
    assert not we_let_pass(converted(text), "CT", "Brilliance  Big Bore")
    assert lists(text)[1] == (
        "Brilliance  Big Bore",
        "Brilliance  Big",
        "Big Bore",
        "Brilliance",
        "Big",
        "Bore",
    )


@pytest.mark.parametrize("sign", ["=", ":", " : "])
def test_a_sign_between_the_tag_and_the_models_belongs_to_none(sign: str) -> None:
    assert lists(f"0008,0060{sign}CT\n0008,1090{sign}Aera, Voluson E8") == (("CT",), ("Aera", "Voluson E8"))


def test_the_names_of_projects_and_protocol_are_those_that_were_asked_for() -> None:
    name = "Sites \"A\" \\ 'B': #1 \N{GREEK SMALL LETTER ALPHA}"
    protocol = converted("0008,0060 Modality CT", hospital="CLINIC", quarantine="BARRED", name=name)
    assert (protocol.hospital, protocol.quarantine_project, protocol.name) == ("CLINIC", "BARRED", name)


# --- what is refused


def test_all_that_cannot_be_read_is_told_together_with_its_line() -> None:
    text = (
        "Modality CT\n0008,0060 Modality CT/MR\n0008,0060 Modality CT\n"
        "0008,1090 ManufacturersModelName C:\\x, *\n0008,0070 Manufacturer Acme"
    )
    assert [line for line, _ in faults(text)] == [1, 2, 3, 4, 4, 5]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "0008,0060 is missing"),
        (OFF, "0008,0060 is missing"),
        ("0008,0060 Modality", "names no modality"),
        ("0008,0060 Modality , ;", "names no modality"),
        ("0008,0060 Modality all", "no ALL to DASHER"),
        ("0008,0060 Modality C*", "C* is no modality"),
        ("0008,0060 Modality CT # and MR", "# is no modality"),
        ("0008,0060 Modality CT\n0008,1090 ManufacturersModelName Allow All", "no ALL to DASHER"),
        ("0008,0060 Modality CT\x07", "unseen character"),
        ("0008,0060 ManufacturersModelName Aera", "two elements"),
        ("0008,0060 Modality CT\n0008,1090 Modality CT", "two elements"),
        ("0008,0060 Modality " + " ".join(map(str, range(1001))), "1000 at most"),
        ("0008,00601 Modality CT", "none of the two lines"),
        ("0008,0060 Modalty CT", "Modalty is neither the name of the element nor a modality"),
        *(
            (f"0008,0060 CT\n0008,1090 {name} Aera, Vega", f"{name} may be a misspelt name of the element")
            for name in ("ManufactuersModelName", "ManufacturersModelNames", "Manufacturer", "Model")
        ),
        ("0008,0060 CT\n0008,1090 ManufacturersModelName Aera *", "* would send every study"),
        (f"0008,0060 CT\n0008,1090 ManufacturersModelName {'x' * 65}, A", "longer than any model"),
        (
            "0008,0060 CT\n0008,1090 ManufacturersModelName" + " Aera V" * 40 + " B" * 921,
            "no comma parts the 1001",
        ),
        (
            "0008,0060 CT\n0008,1090 ManufacturersModelName " + " ".join(map(str, range(200))),
            "no comma parts the 200",
        ),
        ('0008,0060 Modality CT\n0008,1090 ManufacturersModelName Aera, "B, C", "D"', "quotation mark"),
    ],
)
def test_what_has_no_sure_meaning_is_refused(text: str, complaint: str) -> None:
    assert complaint in "; ".join(message for _, message in faults(text))


# --- where DASHER behaved otherwise


def dasher_lets_pass(sorting: Sorting, modality: str, model: str) -> bool:
    """As its Java did: is the text of the element a part of the line?"""
    allow, deny = sorting.modality_line.text, sorting.model_line.text if sorting.model_line else "ALL"
    return not (("ALL" not in allow and modality not in allow) or ("ALL" not in deny and model in deny))


def we_let_pass(protocol: Protocol, modality: str, model: str) -> bool:
    allow, deny = protocol.allow["Modality"], protocol.deny["ManufacturerModelName"]
    allowed = allow is NoList.ALL or (isinstance(allow, Patterns) and allow.matches(modality))
    return allowed and not (isinstance(deny, Patterns) and deny.matches(model))


def test_all_inside_a_word_switched_dashers_list_off_and_does_not_switch_off_ours() -> None:
    text = "0008,0060 Modality CT SMALL\n0008,1090 ManufacturersModelName ALLURA, Aera"
    assert lists(text) == (("CT", "SMALL"), ("ALLURA", "Aera"))
    found = [one for one in differences(read(text, "")) if one.id == "all-in-a-word"]
    assert [one.words for one in found] == [("SMALL",), ("ALLURA",)]
    assert not {"part-of-a-word", "no-modality", "no-model", "shorter-names"} & told(text).keys()


def test_modalities_that_passed_as_a_part_of_a_word_are_listed() -> None:
    found = told(f"0008,0060 Modality MR RTSTRUCT\n{OFF}")["part-of-a-word"]
    assert found.words == ("CT", "ST")
    assert "Add what is to pass: CT and ST." in str(found)
    assert "part-of-a-word" not in told(f"0008,0060 Modality CT MR\n{OFF}")


def test_small_letters_are_told_of() -> None:
    assert told(f"0008,0060 Modality ct MR\n{OFF}")["other-case"].words == ("ct",)


def test_shorter_names_are_explained_with_one_of_the_line() -> None:
    text = "0008,0060 Modality ALL\n0008,1090 ManufacturersModelName Aera, Voluson E8"
    assert told(text)["shorter-names"].words == ("Voluson", "Voluson E8")
    assert told(text.replace(", Voluson E8", ""))["shorter-names"].words == ("Aer", "Aera")


def test_a_star_in_a_model_is_told_of() -> None:
    text = "0008,0060 Modality ALL\n0008,1090 ManufacturersModelName Volu*, Aera"
    assert told(text)["star"].words == ("Volu*",)


def test_the_rule_that_stands_in_a_comment_does_what_dasher_did_with_a_missing_model() -> None:
    text = "0008,0060 Modality CT\n0008,1090 ManufacturersModelName Aera"
    assert "no-model" in told(text)
    yaml = yaml_of(text)
    before, mark, rule = yaml.partition("# rules:\n")
    awake = loads(before + mark.removeprefix("# ") + re.sub("(?m)^# ", "", rule), VOCABULARY, "")
    assert awake.rules
    assert "no-model" not in told(f"0008,0060 Modality CT\n{OFF}")


def test_where_nothing_was_kept_out_nothing_differs() -> None:
    assert told(f"0008,0060 Modality ALL\n{OFF}") == {}


words = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True) | st.sampled_from(MODALITIES)
names = (
    st.text(
        st.characters(exclude_categories=("C", "Z"), exclude_characters=",;\\\"'\u201c\u2018\u201e"),
        min_size=1,
        max_size=12,
    )
    | st.sampled_from(
        ["Aera", "Voluson E8", "NO", "1.5", "[x]", "{a: b}", "# x", "- y", "&z", "!t", "%", "@", "a: b"]
    )
).map(str.strip)
modalities_typed = st.lists(words, min_size=1, max_size=6, unique=True).filter(
    lambda typed: not any(word.upper() == "ALL" for word in typed)
)
models_typed = st.lists(names, min_size=1, max_size=6, unique=True).filter(
    lambda typed: (
        not any(name.upper() in {"ALL", "ALLOW ALL"} or not name.strip("*") for name in typed)
        and [name.upper() for name in typed] != ["NONE"]
        and not typed[0].startswith((":", "="))  # which belong to the name of the line
    )
)


@settings(max_examples=25)
@given(modalities_typed, models_typed, st.sampled_from([", ", ";", ",", "\t"]))
def test_whatever_was_typed_the_protocol_holds_exactly_that(
    modalities: list[str], models: list[str], between: str
) -> None:
    assume(len(models) > 1 or between != "\t")  # a tab at the end of a line is nothing
    text = (
        f"0008,0060 Modality {' '.join(modalities)}\n"
        f"0008,1090 ManufacturersModelName {between.join(models)}{between}"
    )
    assert lists(text) == (tuple(modalities), tuple(models))


@settings(max_examples=50)
@given(st.text() | st.text().map(lambda typed: f"0008,0060 Modality CT\n0008,1090 {typed}"))
@example("0008,0060 Modality CT\n0008,1090 ManufacturersModelName \u2028")
@example("0008,0060 Modality CT\n0008,1090 ManufacturersModelName NONE")
def test_any_text_becomes_a_protocol_or_is_refused_with_faults(text: str) -> None:
    try:
        read(text, "protocol.txt")
    except ProtocolInvalid:
        assert faults(text)
    else:
        assert converted(text).allow


@settings(max_examples=25)
@given(modalities_typed, models_typed, st.data())
def test_what_goes_another_way_than_with_dasher_is_told(
    modalities: list[str], models: list[str], data: st.DataObject
) -> None:
    text = f"0008,0060 Modality {' '.join(modalities)}\n0008,1090 ManufacturersModelName {','.join(models)},"
    sorting = read(text, "")
    modality = data.draw(st.sampled_from([*modalities, *MODALITIES, ""]))
    model = data.draw(st.sampled_from([*models, models[0][:-1], models[0].upper(), "", "Ingenia"]))
    dasher, ours = dasher_lets_pass(sorting, modality, model), we_let_pass(converted(text), modality, model)
    found = told(text).keys()
    if dasher and not ours:
        assert found & {
            "all-in-a-word",
            "part-of-a-word",
            "no-modality",
            "shorter-names",
            "star",
            "other-case",
        }
    if ours and not dasher:
        assert found & {"no-model", "shorter-names", "star", "other-case"}
