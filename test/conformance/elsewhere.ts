/** What of PyTorch is no expression, and so no row of the table: where whoever looks for it finds it. */

export interface Place {
  readonly pytorch: string;
  /** Names that are exports or methods, and what is said about them. */
  readonly tapegrad: string;
}

const at = (pytorch: string, tapegrad: string): Place => ({ pytorch, tapegrad });

export const elsewhere: Readonly<Record<string, readonly Place[]>> = {
  'Gradients and the tape': [
    at('Tensor.backward', 'loss.backward()'),
    at('torch.no_grad, torch.inference_mode', 'noGrad(() => ...)'),
    at('Tensor.requires_grad_', 'x.requiresGrad = true'),
    at('Tensor.retain_grad', 'x.retainGrad()'),
    at('Tensor.register_hook', 'x.registerHook(hook)'),
    at('Tensor.register_post_accumulate_grad_hook', 'x.registerPostAccumulateGradHook(hook)'),
    at('torch.autograd.gradcheck, gradgradcheck', 'gradcheck(fn, inputs), gradgradcheck(fn, inputs)'),
    at('torch.autograd.Function', 'defineOp({ name, forward, vjp })'),
    at('torch.autograd.detect_anomaly', 'detectAnomaly(() => ...)'),
    at('torch.utils.checkpoint.checkpoint', 'checkpoint(fn, ...inputs)'),
  ],
  'Random numbers': [
    at('torch.manual_seed', 'manualSeed(seed)'),
    at('torch.Generator', 'new Generator(seed)'),
    at('torch.get_rng_state, torch.set_rng_state', 'defaultGenerator.state'),
    at('torch.rand, torch.randn', 'rand(shape), randn(shape)'),
    at('torch.randint, torch.randperm', 'randint(low, high, shape), randperm(n)'),
    at('torch.multinomial', 'multinomial(weights, samples)'),
  ],
  'Modules, weights and first values': [
    at('nn.Module', 'class Model extends Module'),
    at('nn.Parameter, register_parameter, register_buffer', 'new Parameter(x), registerParameter, registerBuffer'),
    at(
      'nn.ModuleList, nn.ModuleDict',
      'new ModuleList(modules), new ModuleDict(modules), or plain arrays and objects in fields',
    ),
    at(
      'nn.ParameterList, nn.ParameterDict',
      'new ParameterList(parameters), new ParameterDict(parameters), or plain ones',
    ),
    at('Module.state_dict, load_state_dict', 'model.stateDict(), model.loadStateDict(state)'),
    at(
      'Module.parameters, named_parameters, modules, children',
      'parameters(), namedParameters(), modules(), children()',
    ),
    at('Module.train, eval, apply, to, zero_grad', 'train(), eval(), apply(fn), to({ device, dtype }), zeroGrad()'),
    at('Module.requires_grad_', 'freeze(), unfreeze()'),
    at('nn.init.xavier_uniform_, xavier_normal_', 'init.xavierUniform(x), init.xavierNormal(x)'),
    at('nn.init.kaiming_uniform_, kaiming_normal_', 'init.kaimingUniform(x), init.kaimingNormal(x)'),
    at('nn.init.uniform_, normal_, trunc_normal_', 'init.uniform(x), init.normal(x), init.truncNormal(x)'),
    at('nn.init.constant_, ones_, zeros_, eye_', 'init.constant(x, value), init.ones(x), init.zeros(x), init.eye(x)'),
    at('nn.init.orthogonal_, calculate_gain', 'init.orthogonal(x), init.calculateGain(nonlinearity)'),
    at('nn.utils.vector_to_parameters', 'vectorToParameters(vector, parameters)'),
    at('nn.utils.parametrizations.weight_norm', 'weightNorm(module), whose keys are the older weight_g and weight_v'),
    at('optim.swa_utils.AveragedModel', 'new ExponentialMovingAverage(parameters, { decay })'),
  ],
};
