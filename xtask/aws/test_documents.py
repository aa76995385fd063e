"""The documents are OpenAPI 3.0.3, by a validator that is not ours."""

import pytest
from conftest import document
from openapi_spec_validator import OpenAPIV30SpecValidator


@pytest.mark.parametrize("name", ["api", "signed", "mock"])
def test_a_document_is_valid(name):
    OpenAPIV30SpecValidator(document(name)).validate()


def test_what_is_of_3_1_is_found():
    api = document("api")
    api["components"]["schemas"]["Problem"]["properties"]["detail"]["type"] = ["string", "null"]

    faults = list(OpenAPIV30SpecValidator(api).iter_errors())

    assert faults
