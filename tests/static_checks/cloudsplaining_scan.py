"""Run by the environment of cloudsplaining: policies as JSON in, risks of each as JSON out."""

import json
import sys

from cloudsplaining.scan.policy_document import PolicyDocument

policies = [PolicyDocument(document) for document in json.load(sys.stdin)]
risks = [
    {
        "PrivilegeEscalation": [item["type"] for item in policy.allows_privilege_escalation],
        "ResourceExposure": policy.permissions_management_without_constraints,
        "DataExfiltration": policy.allows_data_exfiltration_actions,
        "ServiceWildcard": policy.service_wildcard,
        "CredentialsExposure": policy.credentials_exposure,
        "InfrastructureModification": policy.infrastructure_modification,
    }
    for policy in policies
]
found = [{risk: sorted(set(items)) for risk, items in own.items() if items} for own in risks]
json.dump(found, sys.stdout)
