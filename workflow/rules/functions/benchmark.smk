# Params of the rule that times the study.


def timed_problem(wildcards):
    """Problem on the model of the chip that is timed; refuses a tree that the chip cannot be."""
    try:
        return posing.reference_problem(study, "global", "first", "bss2_sim").plain()
    except StudyError as error:
        refuse(error)
