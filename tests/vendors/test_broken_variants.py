"""The ways in which an export is known to break, by number, and the tests that break a linked set in each of them.

The numbers are those of the list of broken variants that the linkage was designed on. Where a test asks for another
verdict than that list names, docs/decisions/broken-variants.md says why.
"""

from __future__ import annotations

import ast
from pathlib import Path

VARIANTS: dict[int, tuple[str, ...]] = {
    1: ("without_a_slice_in_the_middle_that_carries_nothing_the_set_is_partial_and_has_a_gap",),
    2: ("without_a_slice_that_carries_contours_the_structures_on_it_are_named",),
    3: ("without_the_last_slice_the_set_is_partial_although_no_gap_is_seen",),
    4: ("without_any_image_everything_is_an_orphan",),
    5: ("images_with_new_instance_uids_are_seen_to_be_another_copy",),
    6: ("images_in_a_new_series_are_linked_all_the_same",),
    7: ("images_in_a_new_frame_of_reference_are_linked_and_the_contradiction_is_told",),
    8: ("images_in_another_study_are_not_found_and_both_studies_are_held",),
    9: (
        "a_multi_frame_volume_in_place_of_the_slices_is_another_object",
        "a_multi_frame_volume_under_the_identity_of_a_slice_is_told_by_its_class",
    ),
    10: ("a_copy_of_the_series_under_new_uids_does_not_disturb_the_links_to_the_original",),
    11: ("two_copies_of_a_slice_that_differ_in_a_pixel_leave_open_which_was_meant",),
    12: ("a_slice_of_another_patient_under_a_uid_that_is_named_is_not_the_slice",),
    13: ("a_scout_in_the_same_frame_of_reference_changes_nothing",),
    14: ("a_set_on_one_of_ten_phases_stands_on_that_one_and_on_no_other",),
    15: ("the_contours_alone_are_enough_to_link",),
    16: ("the_header_alone_is_enough_to_link",),
    17: ("a_set_that_names_only_its_frame_of_reference_cannot_be_proven",),
    18: ("a_set_that_names_not_even_a_frame_of_reference_is_an_orphan",),
    19: ("sequences_without_items_are_told_apart_from_absent_ones",),
    20: ("items_without_a_uid_name_nothing_and_are_told",),
    21: ("a_header_and_contours_that_name_different_halves_are_linked_and_told",),
    22: ("the_class_in_the_study_pair_has_no_effect",),
    23: ("rois_in_a_frame_of_reference_that_the_header_does_not_list_are_told",),
    24: ("of_two_frames_of_reference_the_images_of_one_are_missing",),
    25: ("roi_numbers_that_do_not_agree_hold_the_study",),
    26: ("a_set_of_points_may_stand_by_its_frame_of_reference_alone",),
    27: ("a_set_in_the_series_of_the_ct_is_held",),
    28: ("a_set_on_an_mr_that_is_archived_in_another_session_is_linked_and_told",),
    29: ("contours_off_their_slices_hold_the_study_from_half_the_distance_on",),
    30: ("padding_behind_uids_is_no_part_of_them",),
    31: ("a_predecessor_that_did_not_come_is_at_most_information",),
    32: (
        "a_plan_for_a_patient_without_a_structure_set_is_an_orphan",
        "a_plan_whose_structure_set_did_not_come_is_an_orphan_although_its_frame_fits",
    ),
    33: ("a_plan_for_the_device_needs_no_structure_set",),
    34: (
        "a_plan_that_names_itself_as_its_structure_set_is_held",
        "plans_that_name_each_other_are_held",
    ),
    35: ("plan_and_dose_may_name_each_other",),
    36: (
        "a_dose_of_a_plan_that_names_none_is_an_orphan",
        "the_dose_of_an_overview_of_plans_needs_none",
    ),
    37: ("a_dose_without_its_plan_hangs_on_the_structure_set_of_its_histogram",),
    38: ("a_dose_of_several_plans_of_which_one_is_missing_is_partial",),
    39: ("a_dose_of_a_beam_that_its_plan_does_not_have_is_held",),
    40: (
        "a_dose_in_another_frame_of_reference_is_held",
        "a_dose_two_metres_away_from_the_images_is_told",
    ),
    41: ("a_record_may_name_no_plan",),
    42: ("a_registration_may_join_frames_of_reference_without_naming_an_image",),
    43: ("a_segmentation_is_linked_by_whichever_list_names_its_images",),
    44: ("references_to_a_ct_that_lead_to_a_pt_are_told_by_the_class",),
    45: ("two_structure_sets_in_one_series_are_held",),
    46: ("plan_and_dose_in_one_series_are_held",),
    47: ("one_number_written_in_three_ways_is_one_number",),
    48: ("two_series_without_a_number_are_an_error",),
    49: ("a_patient_number_that_cannot_become_a_label_holds_the_study",),
    50: ("a_name_with_more_empty_components_is_the_same_name",),
    51: ("two_studies_of_one_patient_wait_for_a_person",),
    52: ("images_that_were_anonymised_beside_rt_that_was_not_are_held",),
    53: ("where_only_the_tops_of_the_files_got_new_uids_every_link_is_broken",),
    54: ("where_only_what_names_others_got_new_uids_every_link_is_broken",),
    55: ("a_study_pair_that_was_renamed_like_an_instance_is_told_and_breaks_nothing",),
    56: ("two_batches_that_were_anonymised_apart_do_not_know_each_other",),
    57: ("frames_of_reference_that_were_renamed_series_by_series_contradict_the_links",),
    58: ("where_the_paths_of_plan_and_dose_were_missed_they_alone_are_orphans",),
    59: ("uids_that_stayed_behind_in_the_file_meta_are_told",),
    60: ("a_file_that_is_cut_off_holds_its_study",),
    61: ("files_without_the_head_of_a_dicom_file_are_linked_and_held",),
    62: (
        "the_transfer_syntax_says_nothing_about_links",
        "compressed_slices_are_found_like_others",
    ),
    63: ("sequences_that_do_not_tell_their_length_are_read_to_their_end",),
    64: ("a_structure_set_of_200_mb_is_linked_in_little_memory_and_told_to_be_unmeasured",),
    65: ("files_are_known_by_what_they_are_and_not_by_their_names",),
    66: ("what_lies_beside_the_data_does_not_change_what_is_said_of_them",),
    67: ("the_index_of_a_disc_is_no_object_of_the_study",),
    68: (
        "the_order_of_arrival_tells_nothing",
        "what_comes_in_two_batches_ends_as_if_it_had_come_in_one",
    ),
}
"""Number to the names of its tests, without "test_"."""


def test_every_variant_is_tested() -> None:
    assert sorted(VARIANTS) == list(range(1, 69))
    assert all(VARIANTS.values())


def test_every_test_of_a_variant_is_there_and_stands_in_the_table_once() -> None:
    listed = [name for names in VARIANTS.values() for name in names]
    assert sorted(listed) == sorted(_tests() - {"the_set_is_linked_as_long_as_nothing_is_broken"})


def _tests() -> set[str]:
    """Of all modules beside this one that break something."""
    here = Path(__file__)
    trees = (
        ast.parse(path.read_text(encoding="utf-8"))
        for path in here.parent.glob("test_broken_*.py")
        if path != here
    )
    return {
        node.name.removeprefix("test_")
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
