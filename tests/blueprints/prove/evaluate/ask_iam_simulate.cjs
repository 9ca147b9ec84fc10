// Answers generated cases with @cloud-copilot/iam-simulate. Its core is called directly, since its
// front end drops the condition keys that it does not know for an action.
const fs = require('node:fs')
const path = require('node:path')
const modules = path.join(process.cwd(), 'node_modules', '@cloud-copilot')
const inside = name => require(path.join(modules, 'iam-simulate/dist/cjs', name))
const { authorize } = inside('core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = inside('request/request.js')
const { RequestContextImpl } = inside('requestContext.js')
const { DiscoveryContextKeyConstraints } = inside('context_keys/discoveryContextKeyConstraints.js')
const { loadPolicy } = require(path.join(modules, 'iam-policy/dist/cjs/index.js'))

const ANSWERS = { Allowed: 'allowed', ExplicitlyDenied: 'denied', ImplicitlyDenied: 'not allowed' }
const load = (document, name) => loadPolicy(document, { name })

function decide (given) {
  const result = authorize({
    request: new AwsRequestImpl(
      given.principal,
      { resource: given.resource, accountId: given.owner },
      given.action,
      new RequestContextImpl(given.context)
    ),
    sessionPolicy: given.session.length ? load(given.session[0], 'session') : undefined,
    identityPolicies: given.identity.map((item, i) => load(item, `identity ${i}`)),
    serviceControlPolicies: given.serviceControl.map((level, i) => ({
      orgIdentifier: `level-${i}`,
      policies: level.map((item, j) => load(item, `${i}-${j}`))
    })),
    resourceControlPolicies: [],
    resourcePolicy: given.resourcePolicy ? load(given.resourcePolicy, 'resource') : undefined,
    permissionBoundaries: given.boundary ? [load(given.boundary, 'boundary')] : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
    },
    serviceSettings: { s3: {} }
  })
  return ANSWERS[result.result]
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(decide)))
