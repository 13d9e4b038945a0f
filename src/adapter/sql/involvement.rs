//! The tables of the Standard Safeguarding Dataset that say what the authority has to do with somebody.

/// A table of involvement: columns by their names in the preset, empty where it has none.
pub(super) struct Involvement {
    pub(super) kind: &'static str,
    pub(super) table: &'static str,
    pub(super) person: &'static str,
    pub(super) start: &'static str,
    pub(super) end: &'static str,
    /// Category of abuse; a care leaver's eligibility.
    pub(super) category: &'static str,
    /// In its place where that is not filled in.
    pub(super) category_before: &'static str,
    pub(super) legal_status: &'static str,
    pub(super) other_authority: &'static str,
}

const fn involvement(
    kind: &'static str,
    table: &'static str,
    [person, start, end]: [&'static str; 3],
) -> Involvement {
    Involvement {
        kind,
        table,
        person,
        start,
        end,
        category: "",
        category_before: "",
        legal_status: "",
        other_authority: "",
    }
}

/// All of them.
pub(super) const INVOLVEMENT: [Involvement; 9] = [
    involvement(
        "referral",
        "ssd_cin_episodes",
        ["cine_person_id", "cine_referral_date", "cine_close_date"],
    ),
    involvement(
        "early-help",
        "ssd_early_help_episodes",
        [
            "earl_person_id",
            "earl_episode_start_date",
            "earl_episode_end_date",
        ],
    ),
    involvement(
        "assessment",
        "ssd_cin_assessments",
        [
            "cina_person_id",
            "cina_assessment_start_date",
            "cina_assessment_auth_date",
        ],
    ),
    involvement(
        "cin-plan",
        "ssd_cin_plans",
        [
            "cinp_person_id",
            "cinp_cin_plan_start_date",
            "cinp_cin_plan_end_date",
        ],
    ),
    involvement(
        "section-47",
        "ssd_s47_enquiry",
        ["s47e_person_id", "s47e_s47_start_date", "s47e_s47_end_date"],
    ),
    Involvement {
        category: "cppl_cp_plan_latest_category",
        category_before: "cppl_cp_plan_initial_category",
        other_authority: "cppl_cp_plan_ola",
        ..involvement(
            "cp-plan",
            "ssd_cp_plans",
            [
                "cppl_person_id",
                "cppl_cp_plan_start_date",
                "cppl_cp_plan_end_date",
            ],
        )
    },
    involvement(
        "child-looked-after",
        "ssd_cla_episodes",
        [
            "clae_person_id",
            "clae_cla_episode_start_date",
            "clae_cla_episode_ceased_date",
        ],
    ),
    Involvement {
        legal_status: "lega_legal_status",
        ..involvement(
            "legal-status",
            "ssd_legal_status",
            [
                "lega_person_id",
                "lega_legal_status_start_date",
                "lega_legal_status_end_date",
            ],
        )
    },
    Involvement {
        category: "clea_care_leaver_eligibility",
        ..involvement(
            "care-leaver",
            "ssd_care_leavers",
            ["clea_person_id", "", ""],
        )
    },
];
