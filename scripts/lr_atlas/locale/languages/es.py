"""Words of figures in Spanish, by those that stand in the code in English.

Names stay as they are: those of optimizers, of torch's arguments that have no Spanish name, of
studies and files.
"""

LANGUAGE = {
    "name": "Spanish",
    "other_words": "español castellano",
    # A comma is a decimal sign.
    "thousands": "\N{NO-BREAK SPACE}",
    "shared_words": "compare dropout error final nats no",
}

MESSAGES = {
    # metrics, by their titles
    "accuracy": "exactitud",
    "loss": "pérdida",
    "top-5 accuracy": "exactitud entre cinco",
    "balanced accuracy": "exactitud equilibrada",
    "log loss": "pérdida logarítmica",
    "calibration error": "error de calibración",
    # axes
    "epoch": "época",
    "step": "paso",
    "learning rate": "tasa de aprendizaje",
    "validation {metric}": "{metric} en validación",
    "validation {metric}\non the test images": "{metric} en validación\ncon imágenes de prueba",
    "validation {metric}\non the test rows": "{metric} en validación\ncon filas de prueba",
    "final validation {metric}": "{metric} final en validación",
    "final validation {metric}\non the test images": (
        "{metric} final en validación\ncon imágenes de prueba"
    ),
    "final validation {metric}\non the test rows": (
        "{metric} final en validación\ncon filas de prueba"
    ),
    "loss ({unit})": "pérdida ({unit})",
    "loss (each its own)": "pérdida (cada uno la suya)",
    "{unit} per image": "{unit} por imagen",
    "{unit} per row": "{unit} por fila",
    "{unit} per example": "{unit} por ejemplo",
    "mean squared error": "error cuadrático medio",
    "training time (seconds)": "tiempo de entrenamiento (segundos)",
    # settings
    "{count} of {runs} diverged": "{count} de {runs} divergieron",
    "{count} of {runs} collapsed": "{count} de {runs} colapsaron",
    "learning rate {rate}": "tasa de aprendizaje {rate}",
    "activation {value}": "activación {value}",
    "decay {value}": "decaimiento {value}",
    "batch size {value}": "lote {value}",
    "centred {value}": "centrado {value}",
    "dampening {value}": "amortiguación {value}",
    "dropout {value}": "dropout {value}",
    "1 epoch": "1 época",
    "1 step": "1 paso",
    "{value} steps": "{value} pasos",
    "{value} epochs": "{value} épocas",
    "epsilon {value}": "épsilon {value}",
    "hidden layers {value}": "capas ocultas {value}",
    "network {value}": "red {value}",
    "loss {value}": "pérdida {value}",
    "learning rate decay {value}": "decaimiento de la tasa {value}",
    "schedule {value}": "programa {value}",
    "momentum schedule {value}": "programa del momento {value}",
    "weight decay schedule {value}": "programa del decaimiento de pesos {value}",
    "learning rate: {schedule}": "tasa de aprendizaje: {schedule}",
    "momentum: {schedule}": "momento: {schedule}",
    "weight decay: {schedule}": "decaimiento de pesos: {schedule}",
    "share of the\nvalue that is set": "parte del\nvalor fijado",
    "momentum {value}": "momento {value}",
    "momentum decay {value}": "decaimiento del momento {value}",
    "weight decay {value}": "decaimiento de pesos {value}",
    "cross-entropy": "entropía cruzada",
    "none": "ninguna",
    "yes": "sí",
    "no": "no",
    # images and classes
    "test images": "imágenes de prueba",
    "held-out images": "imágenes reservadas",
    "test rows": "filas de prueba",
    "held-out rows": "filas reservadas",
    "test examples": "ejemplos de prueba",
    "held-out examples": "ejemplos reservados",
    "T-shirt/top": "Camiseta",
    "Trouser": "Pantalón",
    "Pullover": "Suéter",
    "Dress": "Vestido",
    "Coat": "Abrigo",
    "Sandal": "Sandalia",
    "Shirt": "Camisa",
    "Sneaker": "Zapatilla",
    "Bag": "Bolso",
    "Ankle boot": "Botín",
    # notes of several figures
    "One seed per setting.": "Una semilla por configuración.",
    "{most} seeds per setting.": "{most} semillas por configuración.",
    "{fewest} to {most} seeds per setting.": "De {fewest} a {most} semillas por configuración.",
    "Line: the one run of each setting.": "Línea: la única ejecución de cada configuración.",
    "Line: mean over the seeds; band: smallest to largest value over the seeds.": (
        "Línea: media sobre las semillas; banda: del menor al mayor valor entre las semillas."
    ),
    "Line: mean over the seeds; bar: smallest to largest value over the seeds; small points: the "
    "runs.": (
        "Línea: media sobre las semillas; barra: del menor al mayor valor entre las semillas; "
        "puntos pequeños: las ejecuciones."
    ),
    "All runs diverged.": "Todas las ejecuciones divergieron.",
    "One run collapsed (in the means).": "Una ejecución colapsó (cuenta en las medias).",
    "{count} runs collapsed (in the means).": (
        "{count} ejecuciones colapsaron (cuentan en las medias)."
    ),
    "Diverged runs are in no mean.": (
        "Las ejecuciones que divergieron no cuentan en ninguna media."
    ),
    "Diverged runs are left out.": "Se omiten las ejecuciones que divergieron.",
    "What is best here was chosen on held-out images.": (
        "Lo mejor se eligió con imágenes reservadas del conjunto de entrenamiento."
    ),
    "What is best here was chosen on held-out rows.": (
        "Lo mejor se eligió con filas reservadas del conjunto de entrenamiento."
    ),
    "What is best here was chosen on held-out examples.": (
        "Lo mejor se eligió con ejemplos reservados del conjunto de entrenamiento."
    ),
    "What is best here was chosen on the test set.": (
        "Lo mejor se eligió con el conjunto de prueba."
    ),
    "1 point": "1 punto",
    "{points} points": "{points} puntos",
    "Plateau: neighbouring learning rates, all else equal, shown to be within {width} of the best; "
    "not drawn where the seeds are too few to tell.": (
        "Meseta: tasas de aprendizaje vecinas, con lo demás igual, que según las ejecuciones "
        "quedan a menos de {width} de la mejor; no se dibuja si faltan semillas para saberlo."
    ),
    "Shown: {shown} of {all} settings, the {each} best of each optimizer by mean final validation "
    "accuracy; all are in summary.csv.": (
        "Se muestran {shown} de {all} configuraciones, las {each} mejores de cada optimizador "
        "según la exactitud final media en validación; todas están en summary.csv."
    ),
    "Shown: {shown} of {all} settings, the {each} best of each optimizer by mean final validation "
    "{metric}; all are in summary.csv.": (
        "Se muestran {shown} de {all} configuraciones, las {each} mejores de cada optimizador "
        "según su media final de {metric} en validación; todas están en summary.csv."
    ),
    "Shown: the {most} best of {count} variants, each by its best learning rate; all are in "
    "summary.csv.": (
        "Se muestran las {most} mejores de {count} variantes, cada una por su mejor tasa de "
        "aprendizaje; todas están en summary.csv."
    ),
    # legends of several figures
    "diverged": "divergió",
    "diverged run": "ejecución que divergió",
    "diverged runs": "ejecuciones que divergieron",
    "best of its optimizer": "la mejor de su optimizador",
    "during the epoch": "durante la época",
    "before the evaluation": "antes de la evaluación",
    # curves
    "{setting} (n = {runs})": "{setting} (n = {runs})",
    "Study {study}.": "Estudio {study}.",
    "after the epoch, training images": "tras la época, entrenamiento",
    "after the epoch, training rows": "tras la época, filas de entrenamiento",
    "after the epoch, training examples": "tras la época, ejemplos de entrenamiento",
    "after the epoch, validation ({images})": "tras la época, validación ({images})",
    "no epoch was completed": "no se completó ninguna época",
    "it was never evaluated": "no llegó a evaluarse",
    "{count} of {runs} runs diverged before they were evaluated.": (
        "{count} de {runs} ejecuciones divergieron antes de evaluarse."
    ),
    "{count} of {runs} runs diverged: thin lines, not in any mean; the cross at the upper edge of "
    "the loss axis is where they would have been evaluated next.": (
        "{count} de {runs} ejecuciones divergieron: líneas finas, fuera de toda media; la cruz en "
        "el borde superior del eje de pérdida está donde se habrían evaluado después."
    ),
    "Lines: one run.": "Líneas: una sola ejecución.",
    "Lines: mean of {n} runs; bands: smallest to largest value over the seeds.": (
        "Líneas: media de {n} ejecuciones; bandas: del menor al mayor valor entre las semillas."
    ),
    "{count} of {runs} runs diverged in the first epoch.": (
        "{count} de {runs} ejecuciones divergieron en la primera época."
    ),
    "{count} of {runs} runs diverged: thin lines, not in any mean; the cross at the upper edge of "
    "the loss axis is in the epoch that was not completed.": (
        "{count} de {runs} ejecuciones divergieron: líneas finas, fuera de toda media; la cruz en "
        "el borde superior del eje de pérdida está en la época que no se completó."
    ),
    # validation curves, accuracy over time
    "Validation {metric} over steps: {study}": "{metric} en validación por paso: {study}",
    "Validation accuracy over steps: {study}": "Exactitud en validación por paso: {study}",
    "Training loss over steps: {study}": "Pérdida en entrenamiento por paso: {study}",
    "Time: of training alone; of each evaluation the mean over the seeds.": (
        "Tiempo: solo el de entrenamiento; de cada evaluación, la media sobre las semillas."
    ),
    "Diverged runs: thin lines to the last evaluation, not in any mean; of those without one a "
    "cross at the edge, with the learning rate (how many runs).": (
        "Ejecuciones que divergieron: líneas finas hasta la última evaluación, fuera de toda "
        "media; de las que no tienen ninguna, una cruz en el borde, con la tasa de aprendizaje "
        "(cuántas ejecuciones)."
    ),
    "Left: a running mean since the evaluation before.": (
        "Izquierda: media móvil desde la evaluación anterior."
    ),
    "Extrema: evaluations at which validation {metric} turns from rising to falling or back; "
    "swing: mean change between neighbouring extrema.": (
        "Extremos: evaluaciones en las que {metric} en validación pasa de subir a bajar o al "
        "revés; oscilación: cambio medio entre extremos vecinos."
    ),
    "Extrema: evaluations at which validation accuracy turns from rising to falling or back; "
    "swing: mean change between neighbouring extrema.": (
        "Extremos: evaluaciones en las que la exactitud en validación pasa de subir a bajar o al "
        "revés; oscilación: cambio medio entre extremos vecinos."
    ),
    "More evaluations give more extrema; the chance of the batches is in both.": (
        "Más evaluaciones dan más extremos; el azar de los lotes está en ambos."
    ),
    "alike": "equivalentes",
    "less than matters": "menos de lo que importa",
    "Final: the mean of the last {count} epochs.": "Final: la media de las últimas {count} épocas.",
    "Final: the mean of the last {count} evaluations.": (
        "Final: la media de las últimas {count} evaluaciones."
    ),
    "Cells: mean over the seeds of the final values.": (
        "Celdas: media sobre las semillas de los valores finales."
    ),
    "Cells: mean over the seeds at the last evaluation.": (
        "Celdas: media sobre las semillas en la última evaluación."
    ),
    "Validation {metric} over epochs: {study}": "{metric} en validación por época: {study}",
    "Validation accuracy over epochs: {study}": "Exactitud en validación por época: {study}",
    "Validation {metric} over training time: {study}": (
        "{metric} en validación según el tiempo de entrenamiento: {study}"
    ),
    "Validation accuracy over training time: {study}": (
        "Exactitud en validación según el tiempo de entrenamiento: {study}"
    ),
    "optimizer, learning rate": "optimizador, tasa de aprendizaje",
    "better half of the settings, enlarged": "la mejor mitad, ampliada",
    "Time: of training alone, without evaluation; of each epoch the mean over the seeds.": (
        "Tiempo: solo el de entrenamiento, sin evaluación; de cada época, la media sobre "
        "las semillas."
    ),
    "The darker of an optimizer's lines, the higher the learning rate.": (
        "Cuanto más oscura la línea de un optimizador, mayor su tasa de aprendizaje."
    ),
    "No training loss was measured.": "No se midió ninguna pérdida de entrenamiento.",
    "Training loss over epochs: {study}": "Pérdida en entrenamiento por época: {study}",
    "Diverged runs: thin lines to the last complete epoch, not in any mean; of those without one a "
    "cross at the edge, with the learning rate (how many runs).": (
        "Ejecuciones que divergieron: líneas finas hasta la última época completa, fuera de toda "
        "media; de las que no completaron ninguna, una cruz en el borde, con la tasa de "
        "aprendizaje (cuántas ejecuciones)."
    ),
    # first epoch
    "Loss during the first epoch: {study}": "Pérdida durante la primera época: {study}",
    "step of the first epoch": "paso de la primera época",
    "These runs were made without recording it: train them anew.": (
        "Estas ejecuciones se hicieron sin registrarla: entrénelas de nuevo."
    ),
    "Each point: mean loss of at most a hundredth of the epoch.": (
        "Cada punto: pérdida media de, como mucho, una centésima de la época."
    ),
    "Runs that diverged in it: thin lines, not in any mean, to a cross; at the upper edge the loss "
    "is no longer finite.": (
        "Ejecuciones que divergieron en ella: líneas finas, fuera de toda media, hasta una cruz; "
        "en el borde superior la pérdida ya no es finita."
    ),
    # best settings
    "The best setting of each optimizer: {study}": (
        "La mejor configuración de cada optimizador: {study}"
    ),
    "training images": "imágenes de entrenamiento",
    "training rows": "filas de entrenamiento",
    "training examples": "ejemplos de entrenamiento",
    "Left: a running mean during the epoch; the others are evaluated after it.": (
        "Izquierda: media acumulada durante la época; las demás se evalúan tras ella."
    ),
    "Best: highest mean final validation {metric}.": (
        "La mejor: mayor media final de {metric} en validación."
    ),
    "Best: lowest mean final validation {metric}.": (
        "La mejor: menor media final de {metric} en validación."
    ),
    "Best: highest mean final validation accuracy.": (
        "La mejor: mayor exactitud final media en validación."
    ),
    "Every run diverged, so no optimizer has a best setting.": (
        "Todas las ejecuciones divergieron: ningún optimizador tiene una mejor configuración."
    ),
    # sensitivity
    "Sensitivity to the learning rate: {study}": ("Sensibilidad a la tasa de aprendizaje: {study}"),
    "plateau: shown to be\nwithin the margin": "meseta: demostrado que\nestá dentro del margen",
    "reported value": "valor publicado",
    "fitted optimum,\n95 % interval": "óptimo ajustado,\nintervalo del 95 %",
    "Line: the one run of each setting; one run has no interval.": (
        "Línea: la única ejecución de cada configuración; con una sola no hay intervalo."
    ),
    "Line: mean over the seeds; bar: its 95 % t interval, each for itself; small points: the "
    "runs.": (
        "Línea: media sobre las semillas; barra: su intervalo t del 95 %, cada una por sí sola; "
        "puntos pequeños: las ejecuciones."
    ),
    # heat map
    "Final validation {metric}, optimizer by learning rate: {study}": (
        "{metric} final en validación, por optimizador y tasa de aprendizaje: {study}"
    ),
    "Final validation accuracy, optimizer by learning rate: {study}": (
        "Exactitud final en validación, por optimizador y tasa de aprendizaje: {study}"
    ),
    "mean": "media",
    "on its plateau": "en su meseta",
    "all runs diverged": "todas divergieron",
    "not run": "sin ejecutar",
    "{count} of {runs}\ndiverged": "{count} de {runs}\ndivergieron",
    "{count} of {runs}\ncollapsed": "{count} de {runs}\ncolapsaron",
    "Cells: mean over the seeds after the last epoch, in per cent.": (
        "Celdas: media sobre las semillas tras la última época, en por ciento."
    ),
    "Cells: mean over the seeds after the last epoch.": (
        "Celdas: media sobre las semillas tras la última época."
    ),
    "Outliers below {limit} share the darkest colour.": (
        "Los valores atípicos por debajo de {limit} comparten el color más oscuro."
    ),
    "Outliers above {limit} share the darkest colour.": (
        "Los valores atípicos por encima de {limit} comparten el color más oscuro."
    ),
    # stability
    "Stability of training: {study}": "Estabilidad del entrenamiento: {study}",
    "local extrema": "extremos locales",
    "mean swing (points)": "oscilación media (puntos)",
    "mean swing": "oscilación media",
    "Every run diverged, so no curve has extrema to count.": (
        "Todas las ejecuciones divergieron: no hay curvas cuyos extremos contar."
    ),
    "Fewer than {count} epochs: the ups and downs of so short a curve are chance.": (
        "Menos de {count} épocas: los altibajos de una curva tan corta son azar."
    ),
    "Extrema: epochs at which validation {metric} turns from rising to falling or back; swing: "
    "mean change between neighbouring extrema.": (
        "Extremos: épocas en que {metric} en validación pasa de subir a bajar o al revés; "
        "oscilación: cambio medio entre extremos vecinos."
    ),
    "Extrema: epochs at which validation accuracy turns from rising to falling or back; swing: "
    "mean change between neighbouring extrema.": (
        "Extremos: épocas en que la exactitud en validación pasa de subir a bajar o al revés; "
        "oscilación: cambio medio entre extremos vecinos."
    ),
    "More epochs give more extrema; the chance of the mini-batches is in both.": (
        "Más épocas dan más extremos; ambos incluyen el azar de los minilotes."
    ),
    # pairs
    "Differences between settings: {study}": "Diferencias entre configuraciones: {study}",
    "ahead by\n(points of {metric})": "ventaja\n(puntos de {metric})",
    "ahead in\n{metric}{unit}": "ventaja en\n{metric}{unit}",
    "the same, enlarged": "lo mismo, ampliado",
    "told apart": "se distinguen",
    "inconclusive": "no concluyente",
    "beyond the axis": "fuera del eje",
    "between the chosen settings": "entre las configuraciones elegidas",
    "{first} over {second}": "{first} frente\N{NO-BREAK SPACE}a {second}",
    "{setting} (chosen) over": "{setting} (elegida) frente\N{NO-BREAK SPACE}a",
    "There is one setting alone, so nothing to compare it with.": (
        "Hay una sola configuración: no hay con qué compararla."
    ),
    "No two settings have runs to compare.": (
        "No hay dos configuraciones con ejecuciones que comparar."
    ),
    "Differences of mean final {metric}, a diverged run counting as guessing; intervals hold "
    "together with 95 % and allow for the choice. Inconclusive is no proof of equality.": (
        "Diferencias de la media final de {metric}, contando como azar una ejecución que divergió; "
        "los intervalos valen juntos al 95 % y tienen en cuenta la elección. No concluyente no "
        "prueba que sean iguales."
    ),
    "Differences of mean final accuracy, a diverged run counting as guessing; intervals hold "
    "together with 95 % and allow for the choice. Inconclusive is no proof of equality.": (
        "Diferencias de exactitud final media, contando como azar una ejecución que divergió; los "
        "intervalos valen juntos al 95 % y tienen en cuenta la elección. No concluyente no prueba "
        "que sean iguales."
    ),
    "Between optimizers: on fresh seeds and the test rows.": (
        "Entre optimizadores: con semillas nuevas y las filas de prueba."
    ),
    "Between optimizers: on fresh seeds and the test examples.": (
        "Entre optimizadores: con semillas nuevas y las ejemplos de prueba."
    ),
    "Between optimizers: on fresh seeds and the test images.": (
        "Entre optimizadores: con semillas nuevas y las imágenes de prueba."
    ),
    "Shown: the {shown} nearest of {count} pairs; all are in pairs.csv.": (
        "Se muestran los {shown} pares más cercanos de {count}; todos están en pairs.csv."
    ),
    # best of k
    "Expected best of k settings: {study}": "Mejor esperado de k configuraciones: {study}",
    "{optimizer} ({settings} settings)": "{optimizer} ({settings} configuraciones)",
    "{optimizer} (one setting)": "{optimizer} (una configuración)",
    "k, number of settings tried": "k, número de configuraciones probadas",
    "Expected final validation {metric} of the best of k settings, drawn at random without "
    "replacement from those that the optimizer was run with.": (
        "Valor final esperado de {metric} en validación de la mejor de k configuraciones, elegidas "
        "al azar sin reposición entre las que se ejecutaron con el optimizador."
    ),
    "Expected final validation accuracy of the best of k settings, drawn at random without "
    "replacement from those that the optimizer was run with.": (
        "Exactitud final esperada en validación de la mejor de k configuraciones, elegidas al azar "
        "sin reposición entre las que se ejecutaron con el optimizador."
    ),
    "by the runs that choose": "según las ejecuciones que eligen",
    "shaded: 95 % interval over the seeds": "sombreado: intervalo del 95 % sobre las semillas",
    "shaded: 95 % of all draws of k": "sombreado: 95 % de los sorteos de k",
    "Lines: chosen on all seeds but one and measured on that one, so without the luck of the "
    "choice, which is in the dotted ones.": (
        "Líneas: elegidas con todas las semillas menos una y medidas en esa, sin la suerte de la "
        "elección, que está en las punteadas."
    ),
    "All optimizers can be compared up to k = {same}.": (
        "Todos los optimizadores se pueden comparar hasta k = {same}."
    ),
    "A setting counts with its mean over the seeds, a diverged run as guessing.": (
        "Una configuración cuenta con su media sobre las semillas; una ejecución que divergió, "
        "como adivinar."
    ),
    "It depends on the grid: compare optimizers only where their grids are alike.": (
        "Depende de la rejilla: compare optimizadores solo si sus rejillas se parecen."
    ),
    # updates by layer
    "layer {number}": "capa {number}",
    # time to target
    "Time to a target {metric}: {study}": "Tiempo hasta un objetivo de {metric}: {study}",
    "Time to a target accuracy: {study}": "Tiempo hasta una exactitud objetivo: {study}",
    "share of runs (%)": "ejecuciones (%)",
    "ended without reaching it": "terminó sin alcanzarla",
    "The runs do not say how many seconds they took.": (
        "Las ejecuciones no dicen cuántos segundos duraron."
    ),
    "Every run diverged, so there is no target to reach.": (
        "Todas las ejecuciones divergieron: no hay objetivo que alcanzar."
    ),
    "Target: {target} validation {metric}; the best setting of each optimizer.": (
        "Objetivo: {target} de {metric} en validación; la mejor configuración de cada optimizador."
    ),
    "Share estimated by Kaplan and Meier's method: a run that ended without reaching the target is "
    "censored, not dropped.": (
        "Proporción estimada por el método de Kaplan y Meier: una ejecución que terminó sin "
        "alcanzar el objetivo se censura, no se descarta."
    ),
    "A diverged run counts as never reaching it.": (
        "Una ejecución que divergió cuenta como que nunca lo alcanza."
    ),
    "Seconds are those of training alone and depend on the machine.": (
        "Los segundos son solo los del entrenamiento y dependen de la máquina."
    ),
    # classes
    "Test images, class by class: {study}": "Imágenes de prueba, clase por clase: {study}",
    "Test rows, class by class: {study}": "Filas de prueba, clase por clase: {study}",
    "Test examples, class by class: {study}": "Ejemplos de prueba, clase por clase: {study}",
    "predicted class": "clase predicha",
    "true class": "clase verdadera",
    "accuracy of the class (%)": "exactitud de la clase (%)",
    "No run was evaluated on the test images: every chosen run diverged.": (
        "Ninguna ejecución se evaluó con las imágenes de prueba: todas las elegidas divergieron."
    ),
    "No run was evaluated on the test rows: every chosen run diverged.": (
        "Ninguna ejecución se evaluó con las filas de prueba: todas las elegidas divergieron."
    ),
    "No run was evaluated on the test examples: every chosen run diverged.": (
        "Ninguna ejecución se evaluó con los ejemplos de prueba: todas las elegidas divergieron."
    ),
    "Left: the best model ({setting}), each true class in per cent of its images.": (
        "Izquierda: el mejor modelo ({setting}), cada clase verdadera en por ciento de sus "
        "imágenes."
    ),
    "Left: the best model ({setting}), each true class in per cent of its rows.": (
        "Izquierda: el mejor modelo ({setting}), cada clase verdadera en por ciento de sus filas."
    ),
    "Left: the best model ({setting}), each true class in per cent of its examples.": (
        "Izquierda: el mejor modelo ({setting}), cada clase verdadera en por ciento de sus "
        "ejemplos."
    ),
    (
        "Classes by number, from 0, in the order of the data: the font has no letters for their "
        "names."
    ): (
        "Clases por número, desde 0, en el orden de los datos: la fuente no tiene letras para sus "
        "nombres."
    ),
    "Of {classes} classes the {shown} that the best model is worst at.": (
        "De {classes} clases, las {shown} en las que peor acierta el mejor modelo."
    ),
    "Right: the chosen setting of each optimizer.": (
        "Derecha: la configuración elegida de cada optimizador."
    ),
    "One run, {count} test images.": "Una ejecución, {count} imágenes de prueba.",
    "One run, {count} test rows.": "Una ejecución, {count} filas de prueba.",
    "One run, {count} test examples.": "Una ejecución, {count} ejemplos de prueba.",
    "Sum of {runs} runs, {count} test images each.": (
        "Suma de {runs} ejecuciones, {count} imágenes de prueba cada una."
    ),
    "Sum of {runs} runs, {count} test rows each.": (
        "Suma de {runs} ejecuciones, {count} filas de prueba cada una."
    ),
    "Sum of {runs} runs, {count} test examples each.": (
        "Suma de {runs} ejecuciones, {count} ejemplos de prueba cada una."
    ),
    "This study has nothing for this figure: what it would show was not measured.": (
        "El estudio no tiene nada para esta figura: lo que mostraría no se ha medido."
    ),
    # mistakes
    "Test images taken for something else: {study}": (
        "Imágenes de prueba tomadas por otra cosa: {study}"
    ),
    "There is no image that the chosen model was seen to get wrong.": (
        "No hay ninguna imagen en la que se viera fallar al modelo elegido."
    ),
    "Above: the true class; below, in red: what the model took it for, how sure.": (
        "Arriba: la clase verdadera; abajo, en rojo: por cuál la tomó el modelo y con qué certeza."
    ),
    "{setting}, seed {seed}: the {count} mistakes of which it was surest.": (
        "{setting}, semilla {seed}: los {count} errores de los que estaba más seguro."
    ),
    "One run's mistakes: another seed makes others.": (
        "Errores de una sola ejecución: otra semilla comete otros."
    ),
}
