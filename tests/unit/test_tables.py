"""Tables as they are written: columns, precision, and what a schema refuses."""

import numpy as np
import pandas as pd
import pandera.errors
import pytest

from analog_sbi.tables import measurements, posteriors
from analog_sbi.tables.measurements import as_written

WRONG = (pandera.errors.SchemaError, pandera.errors.SchemaErrors)
PLAN = pd.DataFrame({"a": [0.5, 1.5], "b": [2.0, 3.0], "seed": [0, 1]})
FEATURES = pd.DataFrame({"h_00": [10.0, np.nan]})


@pytest.mark.parametrize(("precision", "kind"), [("double", "float64"), ("single", "float32")])
@pytest.mark.parametrize("kept", [(), ("a", "b")])
def test_measurements_are_written_with_their_keys(precision, kind, kept):
    table, schema = as_written(PLAN, FEATURES, ["a", "b"], kept, precision)
    assert list(table) == ["seed", *kept, "h_00"]
    schema.validate(table)
    assert {str(table[name].dtype) for name in (*kept, "h_00")} == {kind}
    assert table["seed"].dtype == np.int64
    for wrong in (table.assign(more=1), table.drop(columns="h_00"), table.assign(seed=[0.5, 1.0])):
        with pytest.raises(WRONG):
            schema.validate(wrong)


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="single or double, found 'half'"):
        as_written(PLAN, FEATURES, ["a", "b"], [], "half")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (
            measurements.CALIBRATION,
            pd.DataFrame({"success": [True], "code": [3]}),
            pd.DataFrame({"success": [1]}),
        ),
        (
            measurements.CHARACTERIZATION,
            pd.DataFrame(
                {
                    "quantity": ["membrane"],
                    "compartment": [0],
                    "parameter": [1.0],
                    "time_constant": [np.nan],
                }
            ),
            pd.DataFrame({"quantity": ["membrane"]}),
        ),
        (
            measurements.REGION,
            pd.DataFrame({"parameter": ["a"], "low": [0.0], "high": [1.0]}),
            pd.DataFrame({"parameter": ["a"], "low": [np.nan], "high": [1.0]}),
        ),
        (
            measurements.traces_schema(["v_0"]),
            pd.DataFrame({"time": [0.0], "v_0": [1.0], "point": [1]}),
            pd.DataFrame({"time": [0.0], "v_0": [np.nan], "point": [1]}),
        ),
        (
            measurements.parameters_schema(["a"], "seed"),
            PLAN[["a", "seed"]],
            PLAN[["a", "seed"]].assign(a=np.nan),
        ),
        (
            measurements.measurements_schema(["a"], ["h_00"], "seed"),
            PLAN[["a", "seed"]].join(FEATURES),
            PLAN.join(FEATURES),
        ),
        (
            posteriors.samples_schema(["a"]),
            PLAN[["a", "seed"]].assign(round=0, log_prob=np.nan),
            PLAN[["a", "seed"]].assign(round=0, log_prob=0.0, a=np.nan),
        ),
        (
            posteriors.samples_schema(["a"], "ensemble"),
            PLAN[["a"]].assign(ensemble=0, round=0, log_prob=0.0),
            PLAN[["a", "seed"]].assign(round=0, log_prob=0.0),
        ),
        (
            posteriors.density_schema(["a"], "seed"),
            PLAN[["a", "seed"]].assign(log_prob=-np.inf),
            PLAN[["a", "seed"]].assign(log_prob=np.nan),
        ),
        (
            posteriors.positions_schema(["a"]),
            PLAN[["a", "seed"]].assign(a=np.nan),
            PLAN,
        ),
    ],
)
def test_schemas_tell_their_tables_from_others(schema, good, bad):
    schema.validate(good)
    with pytest.raises(WRONG):
        schema.validate(bad)
